package dev.tallygate.server;

/** With what a node's process ends. The numbers are documented in the help of {@code server}. */
public enum ExitCode {
  /** Stopped in good order: the next start opens the tables as they are. */
  STOPPED(0),

  /** Could not start for a reason that a restart may cure, such as a port in use. */
  START_FAILED(1),

  /**
   * A broken invariant or a failed disk ended the process at once. A restart rebuilds the tables.
   */
  HALTED(70),

  /** A stop in good order took too long and was cut short. A restart rebuilds the tables. */
  STOP_TIMEOUT(71),

  /** The configuration is refused; every fault was named. */
  CONFIG_REFUSED(78),

  /** The storage is refused: starting on it could lose or double a grant. An operator must look. */
  STORAGE_REFUSED(79);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
