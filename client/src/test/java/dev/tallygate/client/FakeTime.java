package dev.tallygate.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Two clocks that a test moves, and tasks that run when they come to their time. One thread. */
final class FakeTime implements Time {
  private static final long NS_PER_MS = 1_000_000;

  private final List<Task> tasks = new ArrayList<>();
  // Begins near the end of the range: what compares instants instead of differences fails.
  private long monotonicNs = Long.MAX_VALUE - 5_000 * NS_PER_MS;
  private long wallMs = 1_700_000_000_000L;

  private record Task(long atNs, Runnable work) {}

  @Override
  public long monotonicNs() {
    return monotonicNs;
  }

  @Override
  public long wallMs() {
    return wallMs;
  }

  @Override
  public Pending after(long delayNs, Runnable work) {
    Task task = new Task(monotonicNs + delayNs, work);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  /** Both clocks go on, and what is due on the way runs in order. */
  void pass(long ms) {
    long endNs = monotonicNs + ms * NS_PER_MS;
    while (true) {
      Task next =
          tasks.stream()
              .filter(task -> task.atNs() - endNs <= 0)
              .min(Comparator.comparingLong(task -> task.atNs() - endNs))
              .orElse(null);
      if (next == null) break;
      tasks.remove(next);
      advanceTo(Math.max(0, next.atNs() - monotonicNs));
      next.work().run();
    }
    advanceTo(endNs - monotonicNs);
  }

  private long restNs;

  private void advanceTo(long deltaNs) {
    monotonicNs += deltaNs;
    restNs += deltaNs;
    wallMs += restNs / NS_PER_MS;
    restNs %= NS_PER_MS;
  }

  /** The machine sleeps, or somebody sets its clock: only the wall clock moves. */
  void jumpWall(long ms) {
    wallMs += ms;
  }

  int waiting() {
    return tasks.size();
  }
}
