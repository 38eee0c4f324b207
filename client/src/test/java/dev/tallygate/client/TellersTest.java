package dev.tallygate.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who is told what, and on which thread; the test is all of the threads. */
final class TellersTest {
  private static final int MANY = 20_000;

  private final Deque<Runnable> threads = new ArrayDeque<>();
  private final Tellers tellers = new Tellers(threads::add);
  private final List<Integer> told = new ArrayList<>();

  private static LeaseListener listener() {
    return new LeaseListener() {};
  }

  // The caller of tell holds the lock of a lease.
  @Test
  void manyWords_inOrder_neverUnderALeasesLock() {
    LeaseListener listener = listener();
    for (int i = 0; i < MANY; i++) {
      int word = i;
      tellers.tell(listener, () -> told.add(word));
    }
    assertThat(told).isEmpty();
    assertThat(threads).hasSize(1);
    threads.removeFirst().run();
    assertThat(told).isEqualTo(IntStream.range(0, MANY).boxed().toList());
  }

  @Test
  void slowListener_delaysNoOther_suchAsTheGuard() {
    LeaseListener slow = listener();
    tellers.tell(slow, () -> told.add(1));
    tellers.tell(listener(), () -> told.add(2));
    tellers.tell(slow, () -> told.add(3));

    // The thread of the first one does not come to an end.
    threads.removeLast().run();
    assertThat(told).containsExactly(2);
    threads.removeFirst().run();
    assertThat(told).containsExactly(2, 1, 3);
    assertThat(threads).isEmpty();
  }

  @Test
  void wordWhileTheListenerIsTold_isToldBehindIt_byTheSameThread() {
    LeaseListener listener = listener();
    tellers.tell(
        listener,
        () -> {
          tellers.tell(listener, () -> told.add(2));
          told.add(1);
        });
    threads.removeFirst().run();
    assertThat(told).containsExactly(1, 2);
    assertThat(threads).isEmpty();
  }
}
