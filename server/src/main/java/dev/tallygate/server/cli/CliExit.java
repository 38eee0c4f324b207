package dev.tallygate.server.cli;

/** With what the short commands end. The numbers are in the help of each. */
enum CliExit {
  /** Done. */
  OK(0),
  /** Failed; a retry of the same command is of no use until something is changed. */
  FAILED(1),
  /** The command line is wrong. */
  USAGE(2),
  /** An answer, and it is no: refused, ended, or not intact. */
  NO(3),
  /** The cluster could not be reached or has no leader; nothing happened. Try again. */
  UNAVAILABLE(4),
  /** What became of the call is unknown: send the same request again, as the message says. */
  UNKNOWN(5);

  private final int number;

  CliExit(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
