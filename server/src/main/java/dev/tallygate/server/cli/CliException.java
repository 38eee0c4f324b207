package dev.tallygate.server.cli;

/** A command cannot go on. The message says what to do next; no stack trace is shown. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final CliExit exit;

  CliException(CliExit exit, String message) {
    super(message, null, false, false);
    this.exit = exit;
  }

  CliExit exit() {
    return exit;
  }
}
