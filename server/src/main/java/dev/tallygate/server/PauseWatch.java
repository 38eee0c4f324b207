package dev.tallygate.server;

/** Notices that this process stood still: its own tick comes far too late. One thread. */
final class PauseWatch {
  private static final long PAUSE_NS = 1_000_000_000;

  private final TimeSource time;
  private final Runnable onPause;
  private long lastNs;
  private long lastWallUs;

  PauseWatch(TimeSource time, Runnable onPause) {
    this.time = time;
    this.onPause = onPause;
    lastNs = time.monotonicNs();
    lastWallUs = time.wallUs();
  }

  /**
   * @param expectedMs after which time the call was due
   */
  void look(long expectedMs) {
    long nowNs = time.monotonicNs();
    long nowWallUs = time.wallUs();
    long allowedNs = expectedMs * 1_000_000 + PAUSE_NS;
    // The monotonic clock stands still while a machine sleeps, the wall clock does not.
    if (nowNs - lastNs > allowedNs || (nowWallUs - lastWallUs) * 1_000 > allowedNs) onPause.run();
    lastNs = nowNs;
    lastWallUs = nowWallUs;
  }
}
