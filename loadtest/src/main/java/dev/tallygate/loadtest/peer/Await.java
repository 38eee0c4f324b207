package dev.tallygate.loadtest.peer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Bounded waiting for other processes. */
public final class Await {
  private static final long POLL_MS = 20;

  private Await() {}

  /** Something that may hold by now. */
  @FunctionalInterface
  public interface Condition {
    boolean holds() throws InterruptedException;
  }

  /**
   * Asks again and again.
   *
   * @return false if it does not hold within {@code max}
   */
  public static boolean until(Duration max, Condition condition) throws InterruptedException {
    long endNs = System.nanoTime() + max.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() >= endNs) return false;
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }
    return true;
  }
}
