package dev.tallygate.server;

import java.util.concurrent.Callable;

/** The one place of these tests that waits for something by looking again. */
public final class Eventually {
  private static final long POLL_MS = 20;

  private Eventually() {}

  /**
   * Returns as soon as the condition holds.
   *
   * @throws AssertionError if it does not hold in time
   */
  public static void eventually(String what, long timeoutMs, Callable<Boolean> condition)
      throws Exception {
    long endNs = System.nanoTime() + timeoutMs * 1_000_000;
    while (!condition.call()) {
      if (System.nanoTime() > endNs) {
        throw new AssertionError("not within " + timeoutMs + " ms: " + what);
      }
      Thread.sleep(POLL_MS);
    }
  }
}
