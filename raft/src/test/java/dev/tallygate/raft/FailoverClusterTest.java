package dev.tallygate.raft;

import static dev.tallygate.raft.Eventually.eventually;
import static dev.tallygate.raft.RaftCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class FailoverClusterTest {
  @TempDir Path dir;

  @Test
  void manyProposals_eachIsAppliedOnceInOrderOnAllNodes() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      RaftCluster.Member leader = cluster.awaitLeader();
      List<CompletableFuture<Long>> ends = new ArrayList<>();
      for (long i = 0; i < 10_000; i++) {
        ends.add(leader.propose(i));
      }
      for (int i = 0; i < ends.size(); i++) {
        assertThat(ends.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(i + 1);
      }
      assertThat(cluster.awaitEqual(cluster.members))
          .isEqualTo(LongStream.range(0, 10_000).boxed().toList());
      RaftStatus status = leader.node.status();
      assertThat(status.commandsProposed()).isEqualTo(10_000);
      assertThat(status.entriesProposed()).isBetween(10L, 9_999L);
      assertThat(status.pendingCommands()).isZero();
    }
  }

  @Test
  void oneVoter_proposesAndConfirms() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 1)) {
      RaftCluster.Member only = cluster.awaitLeader();
      assertThat(only.propose(7).get(10, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(only.node.confirm().get(10, TimeUnit.SECONDS))
          .isLessThanOrEqualTo(only.node.appliedIndex());
    }
  }

  @Test
  void follower_refusesProposalsAndNamesTheLeader() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      RaftCluster.Member leader = cluster.awaitLeader();
      RaftCluster.Member follower = cluster.othersThan(leader).getFirst();
      assertFailure(follower.propose(1), ProposalFailure.NOT_LEADER);
      eventually("leader known", PATIENCE, () -> leader.id.equals(follower.node.leaderId()));
    }
  }

  // What the isolated leader was given during the cut must not be committed by it, and a retry at
  // the new leader is applied
  // once.
  @Test
  void leaderIsolated_itCommitsNothingAndItsProposalsAreUnknown() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      RaftCluster.Member old = cluster.awaitLeader();
      old.propose(1).get(10, TimeUnit.SECONDS);
      cluster.isolate(old);
      CompletableFuture<Long> inFlight = old.propose(2);
      CompletableFuture<Long> queued = old.propose(3);
      RaftCluster.Member next = cluster.awaitLeaderAmong(cluster.othersThan(old));
      assertThat(next.propose(4).get(10, TimeUnit.SECONDS)).isEqualTo(2);

      assertFailure(inFlight, ProposalFailure.UNKNOWN);
      assertThatThrownBy(() -> queued.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(RaftCluster.Refused.class);
      assertThat(old.replica.list()).containsExactly(1L);

      cluster.heal();
      assertThat(cluster.awaitEqual(cluster.members)).containsExactly(1L, 4L);
      assertThat(old.halted).isNull();
    }
  }

  // On an idle cluster, where nothing is committed between two confirmations: the second must not
  // be answered from the first.
  @Test
  void leaderIsolatedWhileIdle_confirmFails() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      RaftCluster.Member leader = cluster.awaitLeader();
      leader.propose(1).get(10, TimeUnit.SECONDS);
      leader.node.confirm().get(10, TimeUnit.SECONDS);
      leader.node.confirm().get(10, TimeUnit.SECONDS);
      cluster.blackhole(leader);
      assertThatThrownBy(() -> leader.node.confirm().get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(RaftFailure.class);
      cluster.heal();
      cluster.proposeSomewhere(2);
      RaftCluster.Member now = cluster.awaitLeader();
      eventually("confirmed again", PATIENCE, () -> now.node.confirm().get(5, TimeUnit.SECONDS));
    }
  }

  @Test
  void readIndex_onAFollowerCoversWhatWasCommittedBefore() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      RaftCluster.Member leader = cluster.awaitLeader();
      RaftCluster.Member follower = cluster.othersThan(leader).getFirst();
      eventually("leader known", PATIENCE, () -> leader.id.equals(follower.node.leaderId()));
      for (long i = 0; i < 50; i++) {
        leader.propose(i).get(10, TimeUnit.SECONDS);
        follower.node.readIndex().get(10, TimeUnit.SECONDS);
        assertThat(follower.replica.list()).contains(i);
      }
    }
  }

  // Heartbeats are three seconds apart here and nothing is proposed behind, so a follower that
  // applies within half of that was told of the commit for its own sake.
  @Test
  void idleCluster_followersApplyAtOnce() throws Exception {
    try (RaftCluster cluster =
        RaftCluster.started(
            dir,
            3,
            b -> {
              b.electionTimeoutMinMs = 6_000;
              b.electionTimeoutMaxMs = 7_000;
            })) {
      RaftCluster.Member leader = cluster.awaitLeader();
      for (long i = 0; i < 10; i++) {
        long size = leader.propose(i).get(10, TimeUnit.SECONDS);
        for (RaftCluster.Member follower : cluster.othersThan(leader)) {
          eventually(
              "applied by " + follower,
              Duration.ofMillis(1_500),
              () -> follower.replica.list().size() == size);
        }
      }
    }
  }

  @Test
  void transferLeadership_movesTheLeadAndLosesNothing() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      RaftCluster.Member old = cluster.awaitLeader();
      old.propose(1).get(10, TimeUnit.SECONDS);
      RaftCluster.Member next = cluster.othersThan(old).getLast();
      old.node.transferLeadership(next.id).get(10, TimeUnit.SECONDS);
      eventually("the lead moved", PATIENCE, () -> next.node.isLeaderReady());
      assertThat(next.propose(2).get(10, TimeUnit.SECONDS)).isEqualTo(2);
      assertThat(cluster.awaitEqual(cluster.members)).containsExactly(1L, 2L);
    }
  }

  @Test
  void leaderStops_handsOverAndNothingAcknowledgedIsLost() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      List<Long> acknowledged = new ArrayList<>();
      for (long i = 0; i < 60; i++) {
        if (i % 20 == 10) {
          RaftCluster.Member leader = cluster.awaitLeader();
          leader.bounce();
          assertThat(leader.halted).isNull();
        }
        RaftCluster.Member leader = cluster.awaitLeader();
        try {
          leader.propose(i).get(10, TimeUnit.SECONDS);
          acknowledged.add(i);
        } catch (ExecutionException e) {
          assertThat(e).hasCauseInstanceOf(RaftCluster.Refused.class);
        }
      }
      List<Long> list = cluster.awaitEqual(cluster.members);
      assertThat(list).containsAll(acknowledged).doesNotHaveDuplicates();
      assertThat(acknowledged).hasSizeGreaterThan(50);
    }
  }

  // Leaders are cut off again and again under load. Every acknowledged command must be on all
  // nodes, once; every other at most
  // once; and all lists must be equal.
  @Test
  void leadersIsolatedUnderLoad_acknowledgedCommandsAreKeptOnce() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      long next = 0;
      HashSet<Long> acknowledged = new HashSet<>();
      for (int round = 0; round < 4; round++) {
        RaftCluster.Member leader = cluster.awaitLeader();
        List<CompletableFuture<Long>> ends = new ArrayList<>();
        long first = next;
        for (int i = 0; i < 2_000; i++) {
          ends.add(leader.propose(next++));
          if (i == 1_000) {
            // Some of them must be through before the link is, so that there is something to keep.
            ends.get(200).get(20, TimeUnit.SECONDS);
            if (round % 2 == 0) {
              cluster.isolate(leader);
            } else {
              cluster.blackhole(leader);
            }
          }
        }
        for (int i = 0; i < ends.size(); i++) {
          try {
            ends.get(i).get(30, TimeUnit.SECONDS);
            acknowledged.add(first + i);
          } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(RaftCluster.Refused.class);
          }
        }
        cluster.awaitLeaderAmong(cluster.othersThan(leader));
        cluster.heal();
      }
      cluster.proposeSomewhere(next);
      List<Long> list = cluster.awaitEqual(cluster.members);
      assertThat(list).containsAll(acknowledged).doesNotHaveDuplicates();
      assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(4 * 200);
    }
  }

  @Test
  void aloneOfThree_knowsNoLeaderAndRefuses() throws Exception {
    try (RaftCluster cluster = new RaftCluster(dir, 3, b -> {})) {
      RaftCluster.Member lonely = cluster.members.getFirst().start();
      assertThat(lonely.node.leaderId()).isNull();
      assertThatThrownBy(() -> lonely.node.readIndex().get(5, TimeUnit.SECONDS))
          .hasCauseInstanceOf(RaftFailure.class);
      assertFailure(lonely.propose(1), ProposalFailure.NOT_LEADER);
    }
  }

  static void assertFailure(CompletableFuture<Long> end, ProposalFailure expected) {
    assertThatThrownBy(() -> end.get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            RaftCluster.Refused.class, r -> assertThat(r.failure).isEqualTo(expected));
  }
}
