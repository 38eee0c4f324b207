package dev.tallygate.raft.store;

/** Waits for what must come true soon. */
final class Eventually {
  private static final long WAIT_MS = 30_000;
  private static final long STEP_MS = 20;

  private Eventually() {}

  static void eventually(Runnable assertion) throws InterruptedException {
    long deadline = System.nanoTime() + WAIT_MS * 1_000_000;
    while (true) {
      try {
        assertion.run();
        return;
      } catch (AssertionError e) {
        if (System.nanoTime() - deadline > 0) throw e;
        Thread.sleep(STEP_MS);
      }
    }
  }
}
