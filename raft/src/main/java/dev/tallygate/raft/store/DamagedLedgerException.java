package dev.tallygate.raft.store;

import java.io.IOException;

/** A record of the ledger is not what was written, or not where it belongs. */
public final class DamagedLedgerException extends IOException {
  private static final long serialVersionUID = 1;

  private final long position;

  DamagedLedgerException(long position, String what) {
    super("ledger record at `" + position + "`: " + what);
    this.position = position;
  }

  /** Position in the stream of the record. */
  public long position() {
    return position;
  }
}
