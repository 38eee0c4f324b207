package dev.tallygate.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.ratis.proto.RaftProtos;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of a Raft group: the only door to consensus. All methods but {@link #start} and {@link
 * #stop} may be called by any thread and never block; futures complete on threads of consensus, so
 * what is chained to them must be short or hop away.
 */
public final class RaftNode {
  private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);

  static final int KIND_TERM = 1;
  static final int KIND_READ_INDEX = 2;

  private static final int OWN_KINDS = 16;
  private static final long TIMER_MS = 10;

  /** What exists only between start and stop. */
  private record Running(
      RaftServer server,
      RaftServer.Division division,
      RatisLog log,
      GroupCommit commit,
      Confirmation confirmation,
      Peers peers,
      PdpStateMachine machine,
      Snapshots snapshots,
      SnapshotFiles files,
      Watermark watermark,
      RatisAdmin admin) {}

  private final RaftNodeConfig config;
  private final RaftNodeParts parts;
  private final PeerService service;
  private final StorageGuard guard;
  private final AppliedIndex applied = new AppliedIndex();
  private final SharedRound readIndexRounds = new SharedRound(this::readIndexFromLeader);
  private final ScheduledExecutorService timer;
  private final ExecutorService background;
  private final AtomicBoolean halting = new AtomicBoolean();
  private volatile boolean stopping;
  private volatile @Nullable Running running;
  private volatile @Nullable RaftServer server;

  private final Object leaderLock = new Object();
  // Both guarded by leaderLock.
  private @Nullable String seenLeader;
  private long seenTerm = -1;

  public RaftNode(RaftNodeConfig config, RaftNodeParts parts) {
    this.config = config;
    this.parts = parts;
    service = new PeerService(config);
    guard = new StorageGuard(config);
    timer = Executors.newSingleThreadScheduledExecutor(daemon("timer"));
    background =
        new ThreadPoolExecutor(
            0, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1), daemon("snapshot"));
  }

  /**
   * Checks the storage, opens it and joins the group; returns as soon as the node takes part, not
   * when a leader is known. Blocks while the log is read.
   *
   * @throws StorageRefusal if starting on this storage could lose or double a command
   */
  public void start() throws IOException {
    if (server != null || stopping) {
      throw new IllegalStateException("a node starts once");
    }
    SnapshotFiles files = guard.snapshotFiles(parts.agreedIndex());
    Watermark watermark = guard.admit(files, parts.replica());
    Snapshots snapshots =
        new Snapshots(config, parts.replica(), files, background, new SnapshotEvents());
    PdpStateMachine machine =
        new PdpStateMachine(
            parts.replica(), files, snapshots, watermark, applied, new MachineEvents());
    var group = RatisSettings.group(config);
    RaftServer built =
        RaftServer.newBuilder()
            .setServerId(RaftPeerId.valueOf(config.nodeId()))
            .setGroup(group)
            .setStateMachine(machine)
            .setProperties(RatisSettings.properties(config, guard.raftDir()))
            .setParameters(RatisSettings.parameters(config, new PeerPort(service, watermark)))
            .setOption(RaftStorage.StartupOption.RECOVER)
            .build();
    server = built;
    RaftServer.Division division = built.getDivision(group.getGroupId());
    Peers peers = new Peers(config);
    RatisLog log = new RatisLog(built, division);
    GroupCommit commit =
        new GroupCommit(config, parts.entryWriter(), log, parts.proposer(), System::nanoTime);
    Confirmation confirmation = new Confirmation(division, peers, config);
    service.handle(KIND_TERM, (from, question, deadlineNs) -> confirmation.answerTerm());
    service.handle(
        KIND_READ_INDEX,
        (from, question, deadlineNs) -> confirmation.confirm().thenApply(RaftNode::bytes));
    running =
        new Running(
            built,
            division,
            log,
            commit,
            confirmation,
            peers,
            machine,
            snapshots,
            files,
            watermark,
            new RatisAdmin(built, division));
    built.start();
    files.opened();
    var unused =
        timer.scheduleWithFixedDelay(this::onTimer, TIMER_MS, TIMER_MS, TimeUnit.MILLISECONDS);
  }

  /** Proposes a command; its end is told to the proposal itself. */
  public void propose(Proposal proposal) {
    Running r = running;
    if (r == null) {
      proposal.failed(ProposalFailure.STOPPED);
    } else {
      r.commit().propose(proposal);
    }
  }

  /**
   * Appends an entry without commands if this node leads and no batch is on its way, which moves
   * the clocks of an idle cluster; otherwise does nothing.
   */
  public void tick() {
    Running r = running;
    if (r != null) {
      r.commit().tick();
    }
  }

  /**
   * Confirms that this node leads, by a round of questions to a majority that begins after the call
   * (Raft dissertation §6.4). At most one round is on its way; callers that come meanwhile share
   * the next.
   *
   * @return the index that was committed when the round began, once this node has applied it; fails
   *     with {@link RaftFailure}, then a retry is safe
   */
  public CompletableFuture<Long> confirm() {
    Running r = running;
    return r == null ? stopped() : r.confirmation().confirm().thenCompose(applied::await);
  }

  /**
   * Like {@link #confirm}, on any node: a follower asks the leader and waits until it has itself
   * applied the index.
   */
  public CompletableFuture<Long> readIndex() {
    return readIndexRounds.join().thenCompose(applied::await);
  }

  private CompletableFuture<Long> readIndexFromLeader() {
    Running r = running;
    String leader = leaderId();
    if (r == null) {
      return stopped();
    }
    if (leader == null) {
      return CompletableFuture.failedFuture(
          new RaftFailure(RaftFailure.Reason.NO_LEADER, "no leader is known"));
    }
    if (leader.equals(config.nodeId())) {
      return r.confirmation().confirm();
    }
    return r.peers()
        .ask(leader, KIND_READ_INDEX, new byte[0], 2L * config.confirmTimeoutMs())
        .thenApply(answer -> ByteBuffer.wrap(answer).getLong());
  }

  public RaftRole role() {
    Running r = running;
    if (r == null) {
      return RaftRole.NONE;
    }
    // Null while the division starts, although its interface does not say so.
    RaftProtos.@Nullable RaftPeerRole role = r.division().getInfo().getCurrentRole();
    if (role == null) {
      return RaftRole.NONE;
    }
    return switch (role) {
      case LEADER -> RaftRole.LEADER;
      case CANDIDATE -> RaftRole.CANDIDATE;
      case FOLLOWER -> RaftRole.FOLLOWER;
      case LISTENER -> RaftRole.LISTENER;
      default -> RaftRole.NONE;
    };
  }

  /** The leader as far as this node knows; null where none is known. */
  public @Nullable String leaderId() {
    Running r = running;
    RaftPeerId leader = r == null ? null : r.division().getInfo().getLeaderId();
    return leader == null ? null : leader.toString();
  }

  public long term() {
    Running r = running;
    return r == null ? 0 : r.division().getInfo().getCurrentTerm();
  }

  /** Whether this node leads and has applied the first entry of its term. */
  public boolean isLeaderReady() {
    Running r = running;
    return r != null && r.log().appendableTerm() >= 0;
  }

  /** The last entry that this node has applied, or -1. */
  public long appliedIndex() {
    return applied.get();
  }

  /**
   * Hands the lead over.
   *
   * @param peerId the next leader; null for whichever follower answered last
   * @return completes when another node leads
   */
  public CompletableFuture<Void> transferLeadership(@Nullable String peerId) {
    Running r = running;
    return r == null ? stopped() : r.admin().transfer(peerId, config.electionTimeoutMaxMs());
  }

  /**
   * Takes a snapshot now.
   *
   * @return its index, once it is on the disk
   */
  public CompletableFuture<Long> snapshot() {
    Running r = running;
    return r == null ? stopped() : r.snapshots().request(applied.get());
  }

  public RaftStatus status() {
    Running r = running;
    if (r == null) {
      return new RaftStatus(
          config.nodeId(),
          RaftRole.NONE,
          null,
          0,
          false,
          -1,
          applied.get(),
          -1,
          -1,
          -1,
          0,
          0,
          0,
          0);
    }
    var log = r.division().getRaftLog();
    var newest = r.files().newest();
    return new RaftStatus(
        config.nodeId(),
        role(),
        leaderId(),
        term(),
        isLeaderReady(),
        log.getLastCommittedIndex(),
        applied.get(),
        log.getFlushIndex(),
        newest == null ? -1 : newest.getIndex(),
        log.getStartIndex(),
        r.commit().queuedCommands(),
        r.commit().pendingCommands(),
        r.commit().entriesProposed(),
        r.commit().commandsProposed());
  }

  /** A way into the log of its own, for tests: direct, or through the server. */
  RatisLog ratisLog(boolean direct) {
    Running r = Objects.requireNonNull(running);
    return direct ? new RatisLog(r.server(), r.division()) : new RatisLog(r.division(), r.server());
  }

  /**
   * Registers the handler of one kind, 16-255, before {@link #start}; lower kinds are our own.
   * Kinds from 32 on are for what callers sent: they leave room for the questions of the node
   * itself.
   */
  public void handle(int kind, PeerHandler handler) {
    if (kind < OWN_KINDS) {
      throw new IllegalArgumentException("kind `" + kind + "` is not in 16-255");
    }
    service.handle(kind, handler);
  }

  /**
   * Asks another node, over the peer port. Questions of one pair of nodes arrive in the order
   * asked.
   *
   * @return the answer; fails with {@link RaftFailure}. After TIMEOUT, UNREACHABLE and REMOTE the
   *     question may have been handled
   */
  public CompletableFuture<byte[]> ask(String peerId, int kind, byte[] question, long timeoutMs) {
    Running r = running;
    return r == null ? stopped() : r.peers().ask(peerId, kind, question, timeoutMs);
  }

  /**
   * Stops in good order: refuses proposals, ends those in the queue, lets the entries in flight
   * finish within their deadline, hands the lead over, applies what is committed and closes the
   * replica cleanly. Blocks.
   */
  public void stop() {
    if (stopping) {
      return;
    }
    Running r = running;
    if (r != null && !halting.get()) {
      await(r.commit().stop(), config.batchDeadlineMs(), "entries in flight did not finish");
      if (role() == RaftRole.LEADER && config.peers().size() > 1) {
        await(
            transferLeadership(null),
            2L * config.electionTimeoutMaxMs(),
            "the lead was not taken over");
      }
    }
    stopping = true;
    close(r);
    try {
      if (r != null && !halting.get() && !r.machine().isHalted()) {
        r.watermark().force();
        parts.replica().closeCleanly();
      }
      guard.release();
    } catch (IOException | RuntimeException e) {
      // The tables will be rebuilt at the next start, nothing worse.
      LOG.error("{}: the replica did not close cleanly", config.nodeId(), e);
    }
  }

  private void close(@Nullable Running r) {
    timer.shutdownNow();
    try {
      RaftServer s = server;
      if (s != null) {
        s.close();
      }
      background.shutdown();
      if (!background.awaitTermination(config.batchDeadlineMs(), TimeUnit.MILLISECONDS)) {
        LOG.warn("{}: a snapshot was being written and is given up", config.nodeId());
      }
      if (r != null) {
        RaftFailure failure = new RaftFailure(RaftFailure.Reason.STOPPED, "this node stops");
        r.snapshots().failRequests(failure);
        applied.failAll(failure);
        CompletableFuture<Void> unused = r.commit().stop();
        r.commit().abandonInFlight();
        r.peers().close();
      }
    } catch (IOException e) {
      LOG.error("{}: Raft did not close", config.nodeId(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void await(CompletableFuture<Void> done, long ms, String otherwise) {
    try {
      done.get(ms, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("{}: {} in {} ms", config.nodeId(), otherwise, ms);
    } catch (ExecutionException e) {
      LOG.warn("{}: {}: {}", config.nodeId(), otherwise, Failures.causeOf(e).getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void onTimer() {
    Running r = running;
    if (r == null) {
      return;
    }
    try {
      r.commit().checkDeadlines();
      r.peers().checkDeadlines();
      lookAtLeader();
      r.admin().purge(r.files().purgeableIndex());
    } catch (RuntimeException e) {
      LOG.error("{}: the timer failed", config.nodeId(), e);
    }
  }

  private void lookAtLeader() {
    Running r = running;
    if (r == null || stopping) {
      return;
    }
    synchronized (leaderLock) {
      DivisionInfo info = r.division().getInfo();
      RaftPeerId id = info.getLeaderId();
      String leader = id == null ? null : id.toString();
      long term = info.getCurrentTerm();
      if (!Objects.equals(leader, seenLeader) || (leader != null && term != seenTerm)) {
        seenLeader = leader;
        seenTerm = term;
        parts.listener().leaderChanged(leader, term);
      }
    }
  }

  private void halt(String why, @Nullable Throwable cause) {
    if (halting.compareAndSet(false, true)) {
      LOG.error("{}: {}", config.nodeId(), why, cause);
      parts.halt().halt(config.nodeId() + ": " + why, cause);
    }
  }

  private final class MachineEvents implements PdpStateMachine.Events {
    @Override
    public void halt(String why, @Nullable Throwable cause) {
      RaftNode.this.halt(why, cause);
    }

    @Override
    public void storageOpened() throws IOException {
      guard.vouch();
    }

    @Override
    public long currentTerm() {
      return term();
    }

    @Override
    public void leaderChanged() {
      lookAtLeader();
    }

    @Override
    public void leaderReady() {
      parts.listener().leaderReady(term());
    }

    @Override
    public void noLeader() {
      parts.listener().noLeader(term());
    }

    @Override
    public void snapshotInstalled(long term, long index) {
      parts.listener().snapshotInstalled(term, index);
    }

    @Override
    public void shutDown() {
      if (!stopping) {
        RaftNode.this.halt("Raft has closed itself", null);
      }
    }
  }

  private final class SnapshotEvents implements Snapshots.Events {
    @Override
    public void halt(String why, Throwable cause) {
      RaftNode.this.halt(why, cause);
    }

    @Override
    public void wakeApply() {
      Running r = running;
      if (r != null) {
        r.admin().wakeApply();
      }
    }

    @Override
    public void written() {
      Running r = running;
      if (r != null) {
        r.admin().purge(r.files().purgeableIndex());
      }
    }
  }

  private ThreadFactory daemon(String name) {
    return task -> {
      Thread thread = new Thread(task, config.nodeId() + "-" + name);
      thread.setDaemon(true);
      return thread;
    };
  }

  private static <T> CompletableFuture<T> stopped() {
    return CompletableFuture.failedFuture(
        new RaftFailure(RaftFailure.Reason.STOPPED, "this node is not running"));
  }

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
