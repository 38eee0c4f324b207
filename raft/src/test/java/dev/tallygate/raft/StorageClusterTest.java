package dev.tallygate.raft;

import static dev.tallygate.raft.Eventually.eventually;
import static dev.tallygate.raft.RaftCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class StorageClusterTest {
  @TempDir Path dir;

  @Test
  void cleanStop_tablesAreKeptAndNothingIsAppliedTwice() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      propose(cluster, 0, 100);
      cluster.awaitEqual(cluster.members);
      cluster.stopAll();
      for (RaftCluster.Member member : cluster.members) {
        assertThat(member.replica.closedCleanly).isTrue();
      }
      int applies = cluster.members.getFirst().replica.applies;
      cluster.start();
      propose(cluster, 100, 101);
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(101));
      assertThat(cluster.members.getFirst().replica.applies).isEqualTo(applies + 1);
    }
  }

  @Test
  void allNodesKilled_theLogBringsEverythingBack() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      propose(cluster, 0, 200);
      for (RaftCluster.Member member : cluster.members) {
        member.crash();
      }
      cluster.start();
      propose(cluster, 200, 201);
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(201));
    }
  }

  @Test
  void killedAfterSnapshot_restartsFromItAndTheLog() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      propose(cluster, 0, 100);
      RaftCluster.Member victim = cluster.othersThan(cluster.awaitLeader()).getFirst();
      cluster.awaitEqual(cluster.members);
      long index = victim.node.snapshot().get(20, TimeUnit.SECONDS);
      propose(cluster, 100, 150);
      cluster.awaitEqual(cluster.members);
      assertThat(victim.node.status().snapshotIndex()).isEqualTo(index);
      victim.crash();
      victim.start();
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(150));
      assertThat(victim.replica.installs).isEqualTo(1);
    }
  }

  @Test
  void newestSnapshotDamaged_theOlderOneServes() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      RaftCluster.Member victim = cluster.othersThan(cluster.awaitLeader()).getFirst();
      propose(cluster, 0, 50);
      cluster.awaitEqual(cluster.members);
      victim.node.snapshot().get(20, TimeUnit.SECONDS);
      propose(cluster, 50, 80);
      cluster.awaitEqual(cluster.members);
      long newest = victim.node.snapshot().get(20, TimeUnit.SECONDS);
      victim.crash();
      Path file = snapshots(victim).getLast();
      assertThat(file.getFileName().toString()).endsWith("-" + newest);
      flip(file, 40);
      victim.start();
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(80));
      assertThat(victim.node.status().snapshotIndex()).isLessThan(newest);
    }
  }

  // A follower is cut off while the others go on, take snapshots and purge their logs behind them.
  @Test
  void laggingFollower_isBroughtUpBySnapshot() throws Exception {
    try (RaftCluster cluster = smallSegments()) {
      propose(cluster, 0, 10);
      RaftCluster.Member leader = cluster.awaitLeader();
      RaftCluster.Member lagging = cluster.othersThan(leader).getFirst();
      cluster.isolate(lagging);
      long done = growAndPurge(cluster, leader, 10);
      cluster.heal();
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(done));
      assertThat(lagging.replica.installs).isEqualTo(1);
      // It goes on from there, also after a restart without tables.
      propose(cluster, done, done + 10);
      cluster.awaitEqual(cluster.members);
      lagging.crash();
      lagging.start();
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(done + 10));
    }
  }

  @Test
  void snapshotsAreInstalledUnderLoad_listsStayEqual() throws Exception {
    try (RaftCluster cluster =
        RaftCluster.started(
            dir,
            3,
            b -> {
              b.segmentBytesMax = 64 << 10;
              b.preallocatedBytes = 4 << 10;
              b.snapshotEntries = 20;
            })) {
      RaftCluster.Member leader = cluster.awaitLeader();
      RaftCluster.Member lagging = cluster.othersThan(leader).getFirst();
      long next = 0;
      for (int round = 0; round < 2; round++) {
        cluster.isolate(lagging);
        // How many entries a burst makes is up to the batcher, and members snapshot in turn: the
        // load goes on until the log behind the one that lags is gone.
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (leader.node.status().logStartIndex() <= lagging.node.appliedIndex() + 1) {
          assertThat(System.nanoTime()).as("the leader purges in time").isLessThan(end);
          next = burst(cluster, next, 500);
        }
        cluster.heal();
        next = burst(cluster, next, 500);
      }
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(next));
      assertThat(lagging.replica.installs).isGreaterThanOrEqualTo(1);
      assertThat(snapshots(leader)).hasSizeBetween(1, 2);
    }
  }

  @Test
  void raftDirectoryGone_theNodeRefusesToStart() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      propose(cluster, 0, 5);
      RaftCluster.Member victim = cluster.members.getLast();
      victim.stop();
      RaftCluster.deleteTree(victim.dir.resolve("raft"));
      assertThatThrownBy(victim::start)
          .isInstanceOf(StorageRefusal.class)
          .hasMessageContaining("was a member");
    }
  }

  @Test
  void everythingGone_mayFormatDecides() throws Exception {
    boolean[] mayFormat = {true};
    try (RaftCluster cluster = RaftCluster.started(dir, 3, b -> b.mayFormat = mayFormat[0])) {
      propose(cluster, 0, 30);
      RaftCluster.Member victim = cluster.othersThan(cluster.awaitLeader()).getLast();
      victim.stop();
      RaftCluster.deleteTree(victim.dir);
      victim.replica = new ListReplica();
      mayFormat[0] = false;
      assertThatThrownBy(victim::start).isInstanceOf(StorageRefusal.class);
      mayFormat[0] = true;
      victim.start();
      // This leader has the victim's acknowledgements and never sends again what they cover: the
      // reason why a lost disk is a new member. Another leader knows nothing of them.
      RaftCluster.Member leader = cluster.awaitLeader();
      RaftCluster.Member next =
          cluster.othersThan(leader).stream().filter(m -> m != victim).findFirst().orElseThrow();
      leader.node.transferLeadership(next.id).get(30, TimeUnit.SECONDS);
      assertThat(cluster.awaitEqual(cluster.members)).isEqualTo(range(30));
    }
  }

  @Test
  void directoryOfAnotherMember_isRefused() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      propose(cluster, 0, 5);
      RaftCluster.Member a = cluster.members.get(0);
      RaftCluster.Member b = cluster.members.get(1);
      a.stop();
      b.stop();
      RaftCluster.deleteTree(a.dir);
      RaftCluster.copyTree(b.dir, a.dir);
      assertThatThrownBy(a::start)
          .isInstanceOf(StorageRefusal.class)
          .hasMessageContaining("another member");
    }
  }

  @Test
  void directoryInUse_isRefused() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 1)) {
      RaftCluster.Member member = cluster.members.getFirst();
      RaftNode running = member.node;
      assertThatThrownBy(member::start)
          .isInstanceOf(StorageRefusal.class)
          .hasMessageContaining("in use");
      member.node = running;
    }
  }

  @Test
  void applyFails_theNodeHaltsAndAnswersNobody() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 3)) {
      propose(cluster, 0, 5);
      RaftCluster.Member leader = cluster.awaitLeader();
      leader.replica.poison = new IllegalStateException("planned by the test");
      CompletableFuture<Long> end = leader.propose(5);
      eventually("the leader halts", PATIENCE, () -> leader.halted != null);
      RaftCluster.Member next = cluster.awaitLeaderAmong(cluster.othersThan(leader));
      assertThat(next.propose(6).get(10, TimeUnit.SECONDS)).isEqualTo(7);
      assertThatThrownBy(() -> end.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(RaftCluster.Refused.class);
      assertThat(leader.replica.list()).hasSize(5);
    }
  }

  private RaftCluster smallSegments() throws IOException {
    return RaftCluster.started(
        dir,
        3,
        b -> {
          b.segmentBytesMax = 64 << 10;
          b.preallocatedBytes = 4 << 10;
        });
  }

  /** Fills segments, takes two snapshots on every connected node, waits until the leader purged. */
  private static long growAndPurge(RaftCluster cluster, RaftCluster.Member leader, long from)
      throws Exception {
    long next = from;
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 30; i++) {
        next = burst(cluster, next, 800);
      }
      leader.node.snapshot().get(20, TimeUnit.SECONDS);
    }
    eventually("purged", PATIENCE, () -> leader.node.status().logStartIndex() > 20);
    return next;
  }

  private static long burst(RaftCluster cluster, long from, int n) throws Exception {
    RaftCluster.Member leader = cluster.awaitLeader();
    List<CompletableFuture<Long>> ends = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      ends.add(leader.propose(from + i));
    }
    for (CompletableFuture<Long> end : ends) {
      end.get(20, TimeUnit.SECONDS);
    }
    return from + n;
  }

  private static void propose(RaftCluster cluster, long from, long to) throws Exception {
    burst(cluster, from, (int) (to - from));
  }

  private static List<Long> range(long to) {
    return LongStream.range(0, to).boxed().toList();
  }

  private static List<Path> snapshots(RaftCluster.Member member) throws IOException {
    try (Stream<Path> files = Files.list(member.snapshotDir())) {
      return files
          .filter(f -> f.getFileName().toString().matches("snapshot-\\d+-\\d+"))
          .sorted()
          .toList();
    }
  }

  static void flip(Path file, int offset) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[offset] ^= 4;
    Files.write(file, bytes);
  }
}
