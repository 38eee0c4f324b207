package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is due when: in the order of time, tenant, id, whatever the order of insertion. */
final class TimersTest {
  private record Due(long time, int tenant, long id) {}

  @Test
  void timers_randomEntries_comeUpInOrder() {
    for (long seed = 1; seed <= 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Timers timers = new Timers();
      List<Due> expected = new ArrayList<>();
      for (int i = random.nextInt(300); i > 0; i--) {
        Due due = new Due(random.nextInt(20), random.nextInt(3), random.nextInt(50) - 10L);
        expected.add(due);
        timers.add(due.time, due.tenant, due.id);
      }
      expected.sort(
          Comparator.comparingLong(Due::time)
              .thenComparingInt(Due::tenant)
              .thenComparingLong(Due::id));
      List<Due> found = new ArrayList<>();
      while (timers.due(Long.MAX_VALUE)) {
        found.add(new Due(timers.time(), timers.tenant(), timers.id()));
        timers.pop();
      }
      assertEquals(expected, found, "seed " + seed);
      assertEquals(0, timers.size());
    }
  }

  @Test
  void due_beforeItsTime_isFalse() {
    Timers timers = new Timers();
    timers.add(10, 1, 1);
    assertFalse(timers.due(9));
    assertEquals(true, timers.due(10));
  }
}
