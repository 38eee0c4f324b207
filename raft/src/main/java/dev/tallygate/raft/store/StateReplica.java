package dev.tallygate.raft.store;

import dev.tallygate.raft.Halt;
import dev.tallygate.raft.Replica;
import dev.tallygate.raft.ResultSink;
import dev.tallygate.raft.SnapshotWriter;
import dev.tallygate.raft.state.Core;
import dev.tallygate.raft.state.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The replica of one node: the pure core over its Chronicle tables and ledger files. Opening it
 * locks the storage directory; the tables are used as they are only after a clean stop, else they
 * are emptied and consensus fills them again from snapshot and log. Threads: as {@link Replica}
 * says.
 */
public final class StateReplica implements Replica {

  /**
   * Opens the storage.
   *
   * @param results turns an outcome into what {@link ResultSink#accept} is given; called on the
   *     apply thread, must not throw, and must not keep the outcome, which is reused
   * @param halt ends the process when the background finds damage
   * @throws IOException if the directory is in use by another process or cannot be read
   */
  public StateReplica(StoreConfig config, Function<Outcome, Object> results, Halt halt)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /** The pure core: its view is for any thread, all else for the apply thread. */
  public Core core() {
    throw new UnsupportedOperationException();
  }

  /** The ledger, for readers on any thread. */
  public LedgerFiles ledger() {
    throw new UnsupportedOperationException();
  }

  /**
   * False while a snapshot is being installed: readers would see half of two states. Any thread.
   */
  public boolean isWhole() {
    throw new UnsupportedOperationException();
  }

  @Override
  public long appliedTerm() {
    throw new UnsupportedOperationException();
  }

  @Override
  public long appliedIndex() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void apply(long term, long index, ByteBuffer entry, @Nullable ResultSink sink) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void skip(long term, long index) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SnapshotWriter beginSnapshot(long term, long index) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void verify(Path snapshot, long term, long index) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void install(Path snapshot, long term, long index) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void closeCleanly() throws IOException {
    throw new UnsupportedOperationException();
  }
}
