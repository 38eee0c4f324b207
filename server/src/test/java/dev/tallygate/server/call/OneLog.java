package dev.tallygate.server.call;

import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.CreateTenant;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.raft.PeerHandler;
import dev.tallygate.raft.Proposal;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.raft.state.Audit;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Core;
import dev.tallygate.raft.state.EntryHeader;
import dev.tallygate.raft.state.FeatureLevel;
import dev.tallygate.raft.state.HeapTables;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.View;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.Consensus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A log that is committed at once, with the real core behind it: what several nodes of a test
 * share. Time is moved by the test alone. Nodes can lose the lead, and proposals can end in any way
 * that consensus knows.
 */
public final class OneLog implements AutoCloseable {
  private final HeapTables tables = new HeapTables();
  private final LedgerFiles ledger;
  private final Core core;
  private final Map<String, Map<Integer, PeerHandler>> handlers = new HashMap<>();
  private final Deque<Ending> endings = new ArrayDeque<>();
  private volatile @Nullable String leader;
  private volatile boolean confirms = true;
  private long index;
  private long monotonicUs = 1_000_000;
  private long wallUs = 1_767_225_600_000_000L;
  private long commands;

  /**
   * How the next proposals end, instead of well.
   *
   * @param meanwhile runs behind the proposal, before its proposer hears how it ended
   */
  public record Ending(ProposalFailure failure, boolean applied, Runnable meanwhile) {}

  /**
   * @param dir where the ledger is kept
   */
  public OneLog(Path dir) throws IOException {
    ledger = LedgerFiles.open(dir);
    core = new Core(tables, ledger);
    apply(Command.newBuilder().setCreateTenant(CreateTenant.newBuilder().setName("default")));
  }

  public View view() {
    return core.view();
  }

  public LedgerFiles ledger() {
    return ledger;
  }

  /** Checks conservation and the digest from scratch, and returns the digest. */
  public synchronized long audit() {
    return Audit.run(tables);
  }

  public synchronized long digest() {
    return core.digest();
  }

  /** Flips a bit in every holder's name, as a bad memory cell would. */
  public synchronized void damageNames() {
    Table names = tables.table(TableId.NAMES);
    Map<Bytes, Bytes> damaged = new HashMap<>();
    names.forEach((key, row) -> damaged.put(Bytes.of(key.copy()), Bytes.of(row.copy())));
    damaged.forEach(
        (key, row) -> {
          row.array()[row.length() - 1] ^= 1;
          names.put(key, row);
        });
  }

  /** Commands applied so far. */
  public synchronized long commands() {
    return commands;
  }

  public synchronized long wallUs() {
    return wallUs;
  }

  public void lead(@Nullable String nodeId) {
    leader = nodeId;
  }

  public void confirms(boolean now) {
    confirms = now;
  }

  public void endNext(ProposalFailure failure, boolean applied) {
    endNext(failure, applied, () -> {});
  }

  /**
   * Ends the next proposal.
   *
   * @param meanwhile what others do to the log before its proposer hears of it
   */
  public synchronized void endNext(ProposalFailure failure, boolean applied, Runnable meanwhile) {
    endings.add(new Ending(failure, applied, meanwhile));
  }

  /** Moves both clocks, in steps that the elapsed clock takes whole, and applies ticks. */
  public synchronized void pass(long ms) {
    for (long left = ms; left > 0; left -= 100) {
      long step = Math.min(left, 100) * 1_000;
      monotonicUs += step;
      wallUs += step;
      entry(List.of());
    }
  }

  /** Moves the wall clock alone, as a cluster that was off for a while. */
  public synchronized void skip(long us) {
    wallUs += us;
    entry(List.of());
  }

  public void catalog(Entitlement... entitlements) {
    ApplyCatalog.Builder apply = ApplyCatalog.newBuilder().setTenant(1).setSet("default");
    var tenant = view().tenant("default");
    if (tenant != null) apply.setExpectVersion(tenant.catalogVersion());
    for (Entitlement entitlement : entitlements) apply.addEntitlements(entitlement);
    Answer answer = apply(Command.newBuilder().setApplyCatalog(apply));
    if (answer.status != dev.tallygate.raft.state.Outcome.Status.DONE)
      throw new AssertionError("catalog came to " + answer.status);
  }

  public Answer apply(Command.Builder command) {
    return entry(List.of(command.build().toByteArray())).get(0);
  }

  private synchronized List<Answer> entry(List<byte[]> batch) {
    monotonicUs += 1;
    wallUs += 1;
    Bytes entry = new Bytes(256);
    new EntryHeader()
        .stamp(FeatureLevel.FIRST, monotonicUs, wallUs)
        .median(wallUs, monotonicUs)
        .write(entry);
    for (byte[] command : batch) EntryHeader.command(entry, command, 0, command.length);
    List<Answer> answers = new ArrayList<>();
    core.apply(
        1,
        ++index,
        entry.array(),
        0,
        entry.length(),
        (i, outcome) -> answers.add((Answer) Answer.of(outcome)));
    ledger.flush();
    commands += batch.size();
    return answers;
  }

  /** Consensus as one node sees it. */
  public Consensus consensus(String nodeId, Executor loop) {
    return new NodeConsensus(nodeId, loop);
  }

  private final class NodeConsensus implements Consensus {
    private final String nodeId;
    private final Executor loop;

    NodeConsensus(String nodeId, Executor loop) {
      this.nodeId = nodeId;
      this.loop = loop;
    }

    @Override
    public void propose(Proposal proposal) {
      if (!isLeaderReady()) {
        proposal.failed(ProposalFailure.NOT_LEADER);
        return;
      }
      Ending ending;
      synchronized (OneLog.this) {
        ending = endings.poll();
      }
      if (ending != null) {
        if (ending.applied()) entry(List.of(proposal.command()));
        ending.meanwhile().run();
        loop.execute(() -> proposal.failed(ending.failure()));
        return;
      }
      Answer answer = entry(List.of(proposal.command())).get(0);
      loop.execute(() -> proposal.applied(answer));
    }

    @Override
    public CompletableFuture<Long> confirm() {
      return isLeaderReady() && confirms
          ? CompletableFuture.completedFuture(view().appliedIndex())
          : CompletableFuture.failedFuture(new IllegalStateException("not confirmed"));
    }

    @Override
    public CompletableFuture<Long> readIndex() {
      return CompletableFuture.completedFuture(view().appliedIndex());
    }

    @Override
    public @Nullable String leaderId() {
      return leader;
    }

    @Override
    public long term() {
      return 1;
    }

    @Override
    public boolean isLeaderReady() {
      return nodeId.equals(leader);
    }

    @Override
    public void handle(int kind, PeerHandler handler) {
      handlers.computeIfAbsent(nodeId, id -> new HashMap<>()).put(kind, handler);
    }

    @Override
    public CompletableFuture<byte[]> ask(String peerId, int kind, byte[] question, long timeoutMs) {
      PeerHandler handler = handlers.getOrDefault(peerId, Map.of()).get(kind);
      if (handler == null)
        return CompletableFuture.failedFuture(new IllegalStateException("no such peer"));
      return handler.answer(nodeId, question, System.nanoTime() + timeoutMs * 1_000_000);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    ledger.close();
  }
}
