package dev.tallygate.loadtest.drive;

/** A run that cannot go on; the message is for the operator. */
public final class LoadtestException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LoadtestException(String message) {
    super(message);
  }

  public LoadtestException(String message, Throwable cause) {
    super(message, cause);
  }
}
