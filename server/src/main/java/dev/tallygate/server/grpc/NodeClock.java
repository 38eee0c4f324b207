package dev.tallygate.server.grpc;

/** The clocks of a node as services read them. Any thread. */
public interface NodeClock {

  /** This machine's monotonic clock; comparable only within this process. */
  default long monotonicNs() {
    return System.nanoTime();
  }

  /**
   * The best estimate of the cluster's civil clock now, in microseconds since 1970: the last
   * confirmed median of a majority plus the time since. For what a proposer has to compute, such as
   * the edges of a window; apply judges by its own clock.
   */
  long civilUs();

  /** False until a median was confirmed: {@link #civilUs} is then this machine's wall clock. */
  boolean confirmed();
}
