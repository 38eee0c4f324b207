package dev.tallygate.server;

import dev.tallygate.raft.Replica;
import dev.tallygate.raft.ResultSink;
import dev.tallygate.raft.SnapshotWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A replica whose apply and snapshot pauses are timed; all else is the replica's own. */
final class MeteredReplica implements Replica {
  private final Replica replica;
  private final LongConsumer applyNs;
  private final LongConsumer snapshotPauseNs;

  MeteredReplica(Replica replica, LongConsumer applyNs, LongConsumer snapshotPauseNs) {
    this.replica = replica;
    this.applyNs = applyNs;
    this.snapshotPauseNs = snapshotPauseNs;
  }

  @Override
  public long appliedTerm() {
    return replica.appliedTerm();
  }

  @Override
  public long appliedIndex() {
    return replica.appliedIndex();
  }

  @Override
  public void apply(long term, long index, ByteBuffer entry, @Nullable ResultSink sink) {
    long startNs = System.nanoTime();
    replica.apply(term, index, entry, sink);
    applyNs.accept(System.nanoTime() - startNs);
  }

  @Override
  public void skip(long term, long index) {
    replica.skip(term, index);
  }

  @Override
  public SnapshotWriter beginSnapshot(long term, long index) {
    long startNs = System.nanoTime();
    SnapshotWriter writer = replica.beginSnapshot(term, index);
    snapshotPauseNs.accept(System.nanoTime() - startNs);
    return writer;
  }

  @Override
  public void verify(Path snapshot, long term, long index) throws IOException {
    replica.verify(snapshot, term, index);
  }

  @Override
  public void install(Path snapshot, long term, long index) throws IOException {
    replica.install(snapshot, term, index);
  }

  @Override
  public void closeCleanly() throws IOException {
    replica.closeCleanly();
  }
}
