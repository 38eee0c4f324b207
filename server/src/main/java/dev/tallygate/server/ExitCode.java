package dev.tallygate.server;

/** With what a node's process ends. The numbers are documented in the help of {@code server}. */
public final class ExitCode {
  /** Stopped in good order: the next start opens the tables as they are. */
  public static final int STOPPED = 0;

  /** Could not start for a reason that a restart may cure, such as a port in use. */
  public static final int START_FAILED = 1;

  /** The configuration is refused; every fault was named. */
  public static final int CONFIG_REFUSED = 78;

  /** The storage is refused: starting on it could lose or double a grant. An operator must look. */
  public static final int STORAGE_REFUSED = 79;

  /**
   * A broken invariant or a failed disk ended the process at once. A restart rebuilds the tables.
   */
  public static final int HALTED = 70;

  /** A stop in good order took too long and was cut short. A restart rebuilds the tables. */
  public static final int STOP_TIMEOUT = 71;

  private ExitCode() {}
}
