package dev.tallygate.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteOutput;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Ratis calls to apply the log: hands entries to the {@link Replica} in order, once each.
 * Apply methods are called by Ratis' one updater thread; notifications by any of its threads.
 */
final class PdpStateMachine extends BaseStateMachine {
  /*
   * Ratis only logs a failed future of applyTransaction and goes on, so replicas would diverge in silence. Therefore
   * everything completes before it returns, and anything unexpected halts the process. The exception thrown afterwards
   * matters only where the halt is a test's: it keeps Ratis from applying on.
   *
   * At start Ratis replays from its snapshot, while the tables may hold more. Entries that they hold are skipped; at
   * the last of them the terms are compared, because an equal index alone does not prove an equal history.
   */

  private static final Logger LOG = LoggerFactory.getLogger(PdpStateMachine.class);
  private static final CompletableFuture<Message> DONE =
      CompletableFuture.completedFuture(Message.EMPTY);

  /** What the node does when something happens that concerns more than the tables. */
  interface Events {
    void halt(String why, @Nullable Throwable cause);

    /** Ratis has made or opened its directory; nothing has been sent yet. */
    void storageOpened() throws IOException;

    long currentTerm();

    void leaderChanged();

    void leaderReady();

    void noLeader();

    void snapshotInstalled(long term, long index);

    void shutDown();
  }

  private final Replica replica;
  private final SnapshotFiles files;
  private final Snapshots snapshots;
  private final Watermark watermark;
  private final AppliedIndex applied;
  private final Events events;
  private volatile TermIndex lastApplied = TermIndex.valueOf(0, Replica.NOTHING_APPLIED);
  private volatile boolean paused;
  private volatile boolean halted;

  PdpStateMachine(
      Replica replica,
      SnapshotFiles files,
      Snapshots snapshots,
      Watermark watermark,
      AppliedIndex applied,
      Events events) {
    this.replica = replica;
    this.files = files;
    this.snapshots = snapshots;
    this.watermark = watermark;
    this.applied = applied;
    this.events = events;
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage)
      throws IOException {
    super.initialize(server, groupId, storage);
    events.storageOpened();
    SingleFileSnapshotInfo newest = files.newest();
    if (newest != null && newest.getIndex() > replica.appliedIndex()) {
      load(newest);
    }
    reached(replica.appliedTerm(), replica.appliedIndex());
  }

  @Override
  public LifeCycle.State getLifeCycleState() {
    return paused ? LifeCycle.State.PAUSED : LifeCycle.State.RUNNING;
  }

  /** A snapshot is about to be put in place; {@link #reinitialize} follows on the apply thread. */
  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void reinitialize() throws IOException {
    SingleFileSnapshotInfo installed;
    try {
      installed = files.takeInstalled();
      load(installed);
    } catch (IOException | RuntimeException | Error e) {
      throw fail("cannot install the snapshot that the leader sent", e);
    }
    snapshots.installed(installed.getIndex());
    paused = false;
    events.snapshotInstalled(installed.getTerm(), installed.getIndex());
  }

  private void load(SingleFileSnapshotInfo snapshot) throws IOException {
    LOG.info("{}: loading {}", getId(), snapshot.getFile());
    replica.install(snapshot.getFile().getPath(), snapshot.getTerm(), snapshot.getIndex());
    if (replica.appliedIndex() != snapshot.getIndex()) {
      throw new IllegalStateException(
          "the tables are at " + replica.appliedIndex() + " after loading " + snapshot);
    }
    reached(snapshot.getTerm(), snapshot.getIndex());
  }

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) throws IOException {
    if (!(request.getMessage() instanceof RatisLog.BatchMessage message)) {
      throw new IOException("commands are taken from this process only");
    }
    return TransactionContext.newBuilder()
        .setStateMachine(this)
        .setClientRequest(request)
        .setLogData(message.content())
        .setStateMachineContext(message.batch())
        .build();
  }

  @Override
  public TransactionContext preAppendTransaction(TransactionContext trx) {
    if (trx.getStateMachineContext() instanceof Batch batch) {
      batch.markAppending();
    }
    return trx;
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext trx) {
    LogEntryProto entry = trx.getLogEntry();
    try {
      Batch batch = trx.getStateMachineContext() instanceof Batch b ? b : null;
      apply(entry, batch);
    } catch (RuntimeException | Error e) {
      throw fail("cannot apply entry " + entry.getTerm() + "/" + entry.getIndex(), e);
    }
    return DONE;
  }

  private void apply(LogEntryProto entry, @Nullable Batch batch) {
    long index = entry.getIndex();
    if (isHeld(entry.getTerm(), index)) {
      return;
    }
    ByteBuffer bytes = bytesOf(entry.getStateMachineLogEntry().getLogData());
    int size = bytes.remaining();
    replica.apply(entry.getTerm(), index, bytes, batch);
    if (batch != null && !batch.isComplete()) {
      throw new IllegalStateException("some of " + batch.commands() + " commands have no result");
    }
    reached(entry.getTerm(), index);
    snapshots.applied(entry.getTerm(), index, size);
  }

  /** Entries without commands: Raft configurations, and metadata where it is enabled. */
  @Override
  public void notifyTermIndexUpdated(long entryTerm, long index) {
    try {
      if (!isHeld(entryTerm, index)) {
        replica.skip(entryTerm, index);
        reached(entryTerm, index);
        snapshots.applied(entryTerm, index, 0);
      }
    } catch (RuntimeException | Error e) {
      throw fail("cannot pass entry " + entryTerm + "/" + index, e);
    }
  }

  private boolean isHeld(long entryTerm, long index) {
    if (halted) {
      throw new IllegalStateException("this node has ended");
    }
    long held = replica.appliedIndex();
    if (index == held && entryTerm != replica.appliedTerm()) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "the tables hold entry %d of term %d, the log has it of term %d; delete the tables",
              index,
              replica.appliedTerm(),
              entryTerm));
    }
    if (index > held + 1) {
      throw new IllegalStateException(
          "the tables are at " + held + ", the log goes on at " + index);
    }
    return index <= held;
  }

  private void reached(long entryTerm, long index) {
    if (replica.appliedIndex() != index) {
      throw new IllegalStateException(
          "the tables are at " + replica.appliedIndex() + " after entry " + index);
    }
    lastApplied = TermIndex.valueOf(entryTerm, index);
    // A leader's own promise is the answer to its callers, which follows from here.
    watermark.applied(index);
    applied.advance(index);
  }

  @Override
  public TermIndex getLastAppliedTermIndex() {
    return lastApplied;
  }

  /**
   * Called on the apply thread when {@link RaftNode#snapshot} was; what Ratis purges is our part.
   */
  @Override
  public long takeSnapshot() {
    try {
      snapshots.begin(lastApplied.getTerm(), lastApplied.getIndex());
    } catch (RuntimeException | Error e) {
      throw fail("cannot copy the tables for a snapshot", e);
    }
    return -1;
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    return files.getLatestSnapshot();
  }

  @Override
  public StateMachineStorage getStateMachineStorage() {
    return files;
  }

  @Override
  public CompletableFuture<Void> truncate(long index) {
    watermark.truncating(events.currentTerm(), index);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
    // Never retried: after a failed fsync the kernel may have dropped the very bytes that failed.
    RuntimeException unused = fail("the log cannot be written", cause);
  }

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId group, RaftPeerId leader) {
    events.leaderChanged();
  }

  @Override
  public void notifyLeaderReady() {
    events.leaderReady();
  }

  @Override
  public void notifyExtendedNoLeader(RoleInfoProto role) {
    events.noLeader();
  }

  @Override
  public void notifyServerShutdown(RoleInfoProto role, boolean all) {
    events.shutDown();
  }

  private RuntimeException fail(String why, Throwable cause) {
    boolean first = !halted;
    halted = true;
    if (first) {
      LOG.error("{}: {}: this node ends", getId(), why, cause);
      events.halt(why, cause);
    }
    return new IllegalStateException(why, cause);
  }

  boolean isHalted() {
    return halted;
  }

  private static ByteBuffer bytesOf(ByteString data) {
    Bytes bytes = new Bytes();
    try {
      UnsafeByteOperations.unsafeWriteTo(data, bytes);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    ByteBuffer whole = bytes.whole;
    return whole != null && whole.hasArray() && whole.remaining() == data.size()
        ? whole
        : ByteBuffer.wrap(data.toByteArray());
  }

  /** Looks at the array inside a ByteString instead of copying it. */
  private static final class Bytes extends ByteOutput {
    private @Nullable ByteBuffer whole;

    @Override
    public void write(byte value) {}

    @Override
    public void write(byte[] value, int offset, int length) {}

    @Override
    public void write(ByteBuffer value) {}

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      whole = ByteBuffer.wrap(value, offset, length).slice();
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      whole = value;
    }
  }
}
