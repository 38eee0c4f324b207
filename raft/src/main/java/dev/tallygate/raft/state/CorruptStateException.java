package dev.tallygate.raft.state;

/**
 * A row, entry or file is not what was written. Nothing can be trusted after it: the process ends
 * and the state is rebuilt.
 */
public final class CorruptStateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptStateException(String message) {
    super(message);
  }
}
