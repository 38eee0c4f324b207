package dev.tallygate.raft;

import java.time.Duration;
import java.util.concurrent.Callable;

/** The one place where a test sleeps. */
final class Eventually {
  private static final long POLL_MS = 10;

  private Eventually() {}

  /** Waits until the question is answered with something other than null and false. */
  static <T> T eventually(String what, Duration limit, Callable<T> question) {
    long endNs = System.nanoTime() + limit.toNanos();
    Throwable last = null;
    T answer = null;
    do {
      try {
        answer = question.call();
        if (answer != null && !Boolean.FALSE.equals(answer)) {
          return answer;
        }
        last = null;
      } catch (Exception | AssertionError e) {
        last = e;
      }
      try {
        Thread.sleep(POLL_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    } while (System.nanoTime() - endNs < 0);
    throw new AssertionError("not within " + limit + ": " + what + " (last: " + answer + ")", last);
  }
}
