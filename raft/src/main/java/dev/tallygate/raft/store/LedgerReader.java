package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import java.io.Closeable;
import java.io.IOException;

/**
 * Reads ledger records one after another, with their checksums checked. One thread; many readers
 * may read the same files while they grow.
 */
public final class LedgerReader implements Closeable {

  LedgerReader() {}

  /**
   * Steps to the next record.
   *
   * @return false where nothing more is published yet; calling again later is safe
   * @throws IOException if the record is damaged: nothing behind it can be trusted
   */
  public boolean next() throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Position in the stream of the current record. */
  public long offset() {
    throw new UnsupportedOperationException();
  }

  /** Position in the stream behind the current record. */
  public long end() {
    throw new UnsupportedOperationException();
  }

  /** The current record as drawn in {@code LedgerLayout}; reused by {@link #next}. */
  public Bytes record() {
    throw new UnsupportedOperationException();
  }

  /** Number of {@code tallygate.log.v1.LedgerKind}. */
  public int kind() {
    throw new UnsupportedOperationException();
  }

  public int tenant() {
    throw new UnsupportedOperationException();
  }

  /** The tenant's position: the fencing token of a grant. */
  public long position() {
    throw new UnsupportedOperationException();
  }

  public int ordinal() {
    throw new UnsupportedOperationException();
  }

  /** The cluster's wall clock, microseconds since 1970. */
  public long civilUs() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() throws IOException {
    throw new UnsupportedOperationException();
  }
}
