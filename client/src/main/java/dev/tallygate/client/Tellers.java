package dev.tallygate.client;

import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Tells listeners what became of leases: to each one word after the other, in order, and to none
 * behind another's. Never on the thread that has the word, which may hold a lock. What waits is
 * bounded by the leases: each has a word only when its state changes. Thread-safe.
 */
final class Tellers {
  private final Executor threads;

  /** The words for each listener that is being told. Under the lock. */
  private final Map<LeaseListener, Queue<Runnable>> waiting = new IdentityHashMap<>();

  /**
   * @param threads has room for whatever it is given
   */
  Tellers(Executor threads) {
    this.threads = threads;
  }

  void tell(LeaseListener listener, Runnable word) {
    synchronized (this) {
      Queue<Runnable> words = waiting.get(listener);
      if (words != null) {
        words.add(word);
        return;
      }
      words = new ArrayDeque<>();
      words.add(word);
      waiting.put(listener, words);
    }
    threads.execute(() -> tellAll(listener));
  }

  private void tellAll(LeaseListener listener) {
    Runnable word = next(listener);
    while (word != null) {
      try {
        word.run();
      } catch (Throwable e) {
        // One word that fails does not cost the listener the ones behind it.
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      }
      word = next(listener);
    }
  }

  private synchronized @Nullable Runnable next(LeaseListener listener) {
    Queue<Runnable> words = waiting.get(listener);
    Runnable word = words == null ? null : words.poll();
    if (word == null) waiting.remove(listener);
    return word;
  }
}
