package dev.tallygate.client;

/**
 * The caller's two clocks and its alarm. The only way in which this library learns what time it is.
 * Any thread.
 */
interface Time {
  /**
   * Nanoseconds since some instant. Never goes back, and may stand still while a machine sleeps.
   */
  long monotonicNs();

  /** Milliseconds since 1970. Goes on while a machine sleeps, and may jump. */
  long wallMs();

  /** Runs the task once, after the delay, unless it is cancelled; never on the calling thread. */
  Pending after(long delayNs, Runnable task);

  /** A task that waits for its time. */
  interface Pending {
    void cancel();
  }
}
