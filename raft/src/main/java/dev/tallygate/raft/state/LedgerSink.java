package dev.tallygate.raft.state;

/**
 * Where apply appends the ledger. One thread. An exception is a broken file: it ends the process,
 * never the plan.
 */
public interface LedgerSink {
  /**
   * Appends whole records. {@code position} is the length of the ledger before it, as the state
   * counts it: an implementation whose own length differs has lost or doubled bytes and throws.
   */
  void append(long position, byte[] bytes, int offset, int count);

  /**
   * The following bytes begin a new segment; decided in the state, so that segments are the same
   * everywhere.
   */
  void roll(long position);
}
