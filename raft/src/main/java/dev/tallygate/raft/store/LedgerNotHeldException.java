package dev.tallygate.raft.store;

import java.io.IOException;

/** This node does not hold that part of the ledger. Another node may. */
public final class LedgerNotHeldException extends IOException {
  private static final long serialVersionUID = 1;

  LedgerNotHeldException(String what) {
    super(what);
  }
}
