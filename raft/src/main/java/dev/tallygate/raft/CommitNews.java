package dev.tallygate.raft;

/**
 * What a leader has told one follower of how far the log is committed, and when it has to say more.
 * One thread; time is passed in.
 */
final class CommitNews {
  /*
   * A follower learns that an entry is committed with the next one. On a busy cluster that is within a millisecond or
   * two, in a message that goes out anyhow, and a message for the news alone would be one more for each entry. On an idle
   * cluster it is at the next tick. So the news waits a little for an entry to travel with, and then goes alone: never
   * on a busy cluster, and at most once in that time otherwise.
   */

  static final long WAIT_MS = 10;

  /** Nothing to say. */
  static final long NEVER = Long.MAX_VALUE;

  private static final long NOT_WAITING = Long.MIN_VALUE;
  private static final long NS_PER_MS = 1_000_000;

  private long said = -1;
  private long sinceMs = NOT_WAITING;

  /**
   * How long the news may still wait for an entry to travel with.
   *
   * @param committed index of the last committed entry
   * @param nowNs a monotonic reading
   * @return milliseconds, 0 when it is due, or {@link #NEVER}
   */
  long waitMs(long committed, long nowNs) {
    if (committed <= said) return NEVER;
    long nowMs = nowNs / NS_PER_MS;
    if (sinceMs == NOT_WAITING) sinceMs = nowMs;
    return Math.max(0, sinceMs + WAIT_MS - nowMs);
  }

  /** A message goes out that says so. */
  void said(long committed) {
    said = Math.max(said, committed);
    sinceMs = NOT_WAITING;
  }
}
