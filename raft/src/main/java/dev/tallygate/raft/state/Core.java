package dev.tallygate.raft.state;

/** The replicated state machine. Shape only: the rules follow in the next commits. */
public final class Core {
  public Core(Tables tables, LedgerSink ledger) {}

  public boolean restore() {
    throw new IllegalStateException("no rules yet");
  }

  public void apply(long term, long index, byte[] entry, int offset, int length, OutcomeSink sink) {
    throw new IllegalStateException("no rules yet");
  }

  public void skip(long term, long index) {
    throw new IllegalStateException("no rules yet");
  }

  public long appliedTerm() {
    return 0;
  }

  public long appliedIndex() {
    return -1;
  }

  public long digest() {
    return 0;
  }

  public long ledgerBytes() {
    return 0;
  }
}
