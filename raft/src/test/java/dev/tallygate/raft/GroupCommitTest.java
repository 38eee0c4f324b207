package dev.tallygate.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Time, the executor and the log are the test's. */
final class GroupCommitTest {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<Batch> appended = new ArrayList<>();
  private final List<CompletableFuture<Void>> ends = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private ProposalFailure refusal = ProposalFailure.NOT_LEADER;
  private long term = 1;
  private long nowNs;
  private boolean unwritable;

  @Test
  void idle_firstCommandGoesOutAloneAndTheRestTogether() {
    GroupCommit commit = commit(b -> {});
    propose(commit, "a");
    run();
    propose(commit, "b");
    propose(commit, "c");
    run();
    assertThat(appended).hasSize(1);
    applied(0);
    assertThat(appended).extracting(Batch::commands).containsExactly(1, 2);
    assertThat(told).containsExactly("a=0");
    applied(1);
    assertThat(told).containsExactly("a=0", "b=0", "c=1");
    assertThat(commit.pendingCommands()).isZero();
  }

  @Test
  void batchIsBoundedInCommandsAndBytes() {
    GroupCommit commit =
        commit(
            b -> {
              b.batchCommandsMax = 3;
              b.batchBytesMax = 4_096;
            });
    for (int i = 0; i < 7; i++) {
      propose(commit, "c" + i);
    }
    run();
    applied(0);
    applied(1);
    assertThat(appended).extracting(Batch::commands).containsExactly(3, 3, 1);
    applied(2);
    for (int i = 0; i < 3; i++) {
      commit.propose(new Command("big" + i, 3_000));
    }
    run();
    applied(3);
    applied(4);
    assertThat(appended.subList(3, 6)).extracting(Batch::commands).containsExactly(1, 1, 1);
  }

  @Test
  void entryThatCannotBeWritten_endsItsBatchAndLeavesTheSlot() {
    GroupCommit commit = commit(b -> {});
    unwritable = true;
    propose(commit, "a");
    run();
    assertThat(told).hasSize(1).first().asString().startsWith("a!");
    unwritable = false;
    propose(commit, "b");
    run();
    applied(0);
    assertThat(told).hasSize(2).last().isEqualTo("b=0");
    assertThat(commit.pendingCommands()).isZero();
  }

  @Test
  void fullBatchMayPassTheWindow() {
    GroupCommit commit =
        commit(
            b -> {
              b.batchCommandsMax = 2;
              b.fullEntriesInFlightMax = 2;
            });
    propose(commit, "a");
    run();
    propose(commit, "b");
    run();
    assertThat(appended).hasSize(1);
    propose(commit, "c");
    run();
    assertThat(appended).hasSize(2);
    for (int i = 0; i < 4; i++) {
      propose(commit, "d" + i);
    }
    run();
    assertThat(appended).hasSize(2);
  }

  @Test
  void oldBatchMayPassTheWindow() {
    GroupCommit commit =
        commit(
            b -> {
              b.batchAgeMs = 5;
              b.fullEntriesInFlightMax = 2;
            });
    propose(commit, "a");
    run();
    propose(commit, "b");
    run();
    nowNs += 5_000_000;
    commit.checkDeadlines();
    run();
    assertThat(appended).hasSize(2);
  }

  @Test
  void bounds_refuseByNameBeforeAnyWork() {
    GroupCommit commit =
        commit(
            b -> {
              b.pendingCommandsMax = 2;
              b.commandBytesMax = 100;
              b.pendingBytesMax = 150;
            });
    commit.propose(new Command("huge", 101));
    commit.propose(new Command("a", 100));
    commit.propose(new Command("bytes", 60));
    propose(commit, "b");
    propose(commit, "count");
    assertThat(told).containsExactly("huge!TOO_LARGE", "bytes!OVERLOADED", "count!OVERLOADED");
    run();
    applied(0);
    propose(commit, "d");
    assertThat(told).endsWith("a=0", "b=1");
    assertThat(commit.pendingCommands()).isEqualTo(1);
  }

  @Test
  void notLeader_isRefusedAtOnce() {
    GroupCommit commit = commit(b -> {});
    term = -1;
    refusal = ProposalFailure.NOT_READY;
    propose(commit, "a");
    assertThat(told).containsExactly("a!NOT_READY");
    commit.tick();
    assertThat(tasks).isEmpty();
  }

  @Test
  void leadLostBeforeTheAppend_isNotLeader_afterItUnknown() {
    GroupCommit commit = commit(b -> {});
    propose(commit, "a");
    run();
    propose(commit, "b");
    appended.getFirst().markAppending();
    failed(0);
    failed(1);
    assertThat(told).containsExactly("a!UNKNOWN", "b!NOT_LEADER");
    propose(commit, "c");
    term = -1;
    run();
    assertThat(told).endsWith("c!NOT_LEADER");
    assertThat(commit.pendingCommands()).isZero();
  }

  @Test
  void deadline_endsTheBatchAsUnknownOnceAndKeepsItsSlot() {
    GroupCommit commit =
        commit(
            b -> {
              b.batchDeadlineMs = 100;
              b.queueWaitMs = 150;
            });
    propose(commit, "a");
    run();
    nowNs += 60_000_000;
    propose(commit, "b");
    nowNs += 50_000_000;
    commit.checkDeadlines();
    run();
    assertThat(told).containsExactly("a!UNKNOWN");
    assertThat(appended).hasSize(1);
    nowNs += 110_000_000;
    commit.checkDeadlines();
    run();
    assertThat(told).containsExactly("a!UNKNOWN", "b!EXPIRED");
    applied(0);
    assertThat(told).hasSize(2);
    assertThat(commit.pendingCommands()).isZero();
  }

  // Other work of the executor comes in between, and so may what would end the batch as unknown.
  @Test
  void resultsOfALargeBatch_areToldInParts_eachOnceAndInOrder() {
    GroupCommit commit = commit(b -> {});
    propose(commit, "first");
    run();
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      propose(commit, "c" + i);
      all.add("c" + i + "=" + i);
    }
    applied(0);
    told.clear();
    Batch batch = appended.get(1);
    for (int i = 0; i < 100; i++) {
      batch.accept(i);
    }
    ends.get(1).complete(null);
    tasks.removeFirst().run();
    assertThat(told).hasSizeBetween(1, 99);
    assertThat(tasks).hasSize(1);
    batch.fail(ProposalFailure.UNKNOWN);
    run();
    assertThat(told).isEqualTo(all);
    assertThat(commit.pendingCommands()).isZero();
  }

  @Test
  void abandonedInTheQueue_isLeftOut() {
    GroupCommit commit = commit(b -> {});
    propose(commit, "a");
    run();
    Command gone = new Command("gone", 8);
    commit.propose(gone);
    propose(commit, "b");
    gone.abandoned = true;
    applied(0);
    assertThat(appended.get(1).commands()).isEqualTo(1);
    applied(1);
    assertThat(told).containsExactly("gone!EXPIRED", "a=0", "b=0");
    assertThat(commit.pendingCommands()).isZero();
  }

  @Test
  void tick_isAnEmptyEntryOnlyWhenNothingElseMoves() {
    GroupCommit commit = commit(b -> {});
    commit.tick();
    run();
    assertThat(appended).extracting(Batch::commands).containsExactly(0);
    commit.tick();
    run();
    assertThat(appended).hasSize(1);
    applied(0);
    propose(commit, "a");
    commit.tick();
    run();
    assertThat(appended).extracting(Batch::commands).containsExactly(0, 1);
    applied(1);
    assertThat(appended).hasSize(2);
  }

  @Test
  void stop_endsTheQueueAndWaitsForWhatIsInFlight() {
    GroupCommit commit = commit(b -> {});
    propose(commit, "a");
    run();
    propose(commit, "b");
    CompletableFuture<Void> drained = commit.stop();
    run();
    propose(commit, "c");
    assertThat(told).containsExactly("b!STOPPED", "c!STOPPED");
    assertThat(drained).isNotDone();
    applied(0);
    assertThat(told).endsWith("a=0");
    assertThat(drained).isCompleted();
  }

  private final class Command implements Proposal {
    private final String name;
    private final byte[] bytes;
    private boolean abandoned;

    private Command(String name, int size) {
      this.name = name;
      this.bytes = new byte[size];
    }

    @Override
    public byte[] command() {
      return bytes;
    }

    @Override
    public boolean abandoned() {
      return abandoned;
    }

    @Override
    public void applied(Object result) {
      told.add(name + "=" + result);
    }

    @Override
    public void failed(ProposalFailure failure) {
      told.add(name + "!" + failure);
    }
  }

  private final class FakeLog implements EntryLog {
    @Override
    public long appendableTerm() {
      return term;
    }

    @Override
    public ProposalFailure refusal() {
      return refusal;
    }

    @Override
    public CompletableFuture<?> append(Batch batch) {
      CompletableFuture<Void> end = new CompletableFuture<>();
      appended.add(batch);
      ends.add(end);
      return end;
    }
  }

  private final class Writer implements EntryWriter {
    @Override
    public int overheadBytesMax(int n) {
      return 8;
    }

    @Override
    public byte[] write(long entryTerm, List<byte[]> commands) {
      if (unwritable) throw new IllegalStateException("planned");
      return ByteBuffer.allocate(8).putLong(entryTerm).array();
    }
  }

  private GroupCommit commit(Consumer<RaftNodeConfig.Builder> changes) {
    RaftNodeConfig config =
        RaftNodeConfig.of(
            "n0",
            new UUID(1, 2),
            List.of(new RaftNodeConfig.Peer("n0", "127.0.0.1", 1)),
            Path.of("unused"),
            b -> {
              b.commandBytesMax = 4_000;
              changes.accept(b);
            });
    return new GroupCommit(config, new Writer(), new FakeLog(), tasks::add, () -> nowNs);
  }

  private void propose(GroupCommit commit, String name) {
    commit.propose(new Command(name, 8));
  }

  private void applied(int entry) {
    Batch batch = appended.get(entry);
    for (int i = 0; i < batch.commands(); i++) {
      batch.accept(i);
    }
    ends.get(entry).complete(null);
    run();
  }

  private void failed(int entry) {
    ends.get(entry).completeExceptionally(new IllegalStateException("planned"));
    run();
  }

  private void run() {
    for (Runnable task; (task = tasks.poll()) != null; ) {
      task.run();
    }
  }
}
