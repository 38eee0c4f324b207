package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static dev.tallygate.server.cli.ThreeProcesses.WAIT_MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.server.cli.ClusterFile.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that was away for longer than the others kept their logs. */
class RejoinIT {
  private static final int CALLERS = 4;

  @TempDir Path dir;

  @Test
  void followerBehindThePurgedLog_rejoinsBySnapshotUnderLoad() throws Exception {
    Map<String, String> purging =
        Map.of(
            "raft.segment-bytes-max", "65536",
            "raft.preallocated-bytes", "4096",
            "raft.snapshot-entries", "60",
            // With nothing preserved, a slow follower begins anew for ever: the leader purges what
            // comes behind the snapshot that is being installed.
            "raft.preserved-entries", "500");
    try (ThreeProcesses cluster = new ThreeProcesses(dir, purging);
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      cluster.applyCatalog();
      Member leader = cluster.leader();
      Member away = cluster.othersThan(leader).get(0);
      cluster.take(away);
      long seen = ThreeProcesses.appliedIndex(away);
      cluster.kill(away);
      AtomicBoolean enough = new AtomicBoolean();
      List<Future<Long>> grants = new ArrayList<>();
      try {
        for (int i = 0; i < CALLERS; i++) grants.add(callers.submit(load(cluster, leader, enough)));
        eventually(
            "the leader purges what the other one needs",
            WAIT_MS,
            () -> ThreeProcesses.start(cluster.logFiles(leader).getFirst()) > seen + 1);

        cluster.up();

        eventually(
            "it applies what the others do",
            WAIT_MS,
            () -> ThreeProcesses.appliedIndex(away) > seen + 1);
      } finally {
        enough.set(true);
      }
      long taken = 1;
      for (Future<Long> caller : grants) taken += caller.get(WAIT_MS, TimeUnit.MILLISECONDS);
      cluster.awaitEqualDigests(away);
      for (Member member : cluster.members()) {
        eventually("answers", WAIT_MS, () -> cluster.answers(member));
        assertThat(ThreeProcesses.used(member)).isEqualTo(taken);
      }
    }
  }

  private static Callable<Long> load(ThreeProcesses cluster, Member member, AtomicBoolean enough) {
    return () -> {
      long grants = 0;
      while (!enough.get()) {
        cluster.take(member);
        grants++;
      }
      return grants;
    };
  }
}
