package dev.tallygate.raft.state;

import java.util.SplittableRandom;

/**
 * Real time, and leaders that read it: pauses, a weekend switched off, leaders that come and go
 * with clocks of their own, clocks that jump, readings that were overtaken, terms that have no
 * median yet.
 */
final class SimClock {
  static final long SECOND = 1_000_000;
  static final long MINUTE = 60 * SECOND;
  private static final long WEEKEND = 60 * 60 * MINUTE;

  private long real = 1_800_000_000L * SECOND;
  private long term = 1;
  private long monotonicBase = 7_000_000_000_000L;
  private long wallError;

  /**
   * Whether this life passes in long strides, so that ids, windows and idle partitions end in it.
   */
  private final boolean strides;

  SimClock(boolean strides) {
    this.strides = strides;
  }

  long term() {
    return term;
  }

  /** What the leader's wall clock shows. */
  long wall() {
    return real + wallError;
  }

  void advance(SplittableRandom random) {
    real += pause(random);
    if (random.nextInt(16) == 0) {
      term += 1 + random.nextInt(3);
      monotonicBase = random.nextLong(1L << 50) - real;
      wallError = random.nextLong(4 * SECOND) - 2 * SECOND;
    }
    if (random.nextInt(50) == 0) wallError = random.nextLong(40 * MINUTE) - 20 * MINUTE;
    else if (random.nextInt(20) == 0) wallError = 0;
  }

  private long pause(SplittableRandom random) {
    int kind = strides ? 60 + random.nextInt(36) : random.nextInt(100);
    if (kind < 8) return 0;
    if (kind < 30) return random.nextLong(50_000);
    if (kind < 55) return random.nextLong(2 * SECOND);
    if (kind < 85) return random.nextLong(10 * SECOND);
    if (kind < 95) return random.nextLong(MINUTE);
    if (kind < 99) return random.nextLong(15 * MINUTE);
    return WEEKEND;
  }

  EntryHeader header(SplittableRandom random, boolean sureMedian) {
    long monotonic = monotonicBase + real;
    if (random.nextInt(12) == 0) monotonic -= random.nextLong(3 * SECOND);
    EntryHeader header = new EntryHeader().stamp(FeatureLevel.FIRST, monotonic, wall());
    if (sureMedian || random.nextInt(3) != 0)
      header.median(
          real + random.nextLong(400_000) - 200_000, monotonic - random.nextLong(SECOND) + 1000);
    return header;
  }
}
