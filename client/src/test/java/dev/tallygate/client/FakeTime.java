package dev.tallygate.client;

import java.util.Comparator;
import java.util.TreeSet;

/** Two clocks that a test moves, and tasks that run when they come to their time. One thread. */
final class FakeTime implements Time {
  private static final long NS_PER_MS = 1_000_000;

  // Begins near the end of the range: what compares instants instead of differences fails.
  private static final long START_NS = Long.MAX_VALUE - 5_000 * NS_PER_MS;

  private final TreeSet<Task> tasks =
      new TreeSet<>(Comparator.comparingLong(Task::sinceStartNs).thenComparingLong(Task::number));
  private long monotonicNs = START_NS;
  private long wallMs = 1_700_000_000_000L;
  private long numbers;

  private record Task(long atNs, long number, Runnable work) {
    long sinceStartNs() {
      return atNs - START_NS;
    }
  }

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
    Task task = new Task(monotonicNs + delayNs, numbers++, work);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  /** Both clocks go on, and what is due on the way runs in order. */
  void pass(long ms) {
    long endNs = monotonicNs + ms * NS_PER_MS;
    while (!tasks.isEmpty() && tasks.first().atNs() - endNs <= 0) {
      Task next = tasks.pollFirst();
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
