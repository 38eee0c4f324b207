package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static dev.tallygate.server.cli.ThreeProcesses.WAIT_MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.server.ExitCode;
import dev.tallygate.server.cli.ClusterFile.Member;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three real processes: killed, stopped, started again, robbed of their disk. */
class ClusterProcessIT {
  @TempDir Path dir;
  private ThreeProcesses cluster;

  @BeforeEach
  void up() throws Exception {
    cluster = new ThreeProcesses(dir, Map.of());
  }

  @AfterEach
  void down() throws Exception {
    cluster.close();
  }

  @Test
  void leaderKilled_othersAnswer_andItComesBack() throws Exception {
    Member killed = cluster.leader();
    long startNs = System.nanoTime();
    cluster.kill(killed);

    for (Member member : cluster.othersThan(killed)) {
      eventually("answers", WAIT_MS, () -> cluster.answers(member));
    }
    long failoverMs = (System.nanoTime() - startNs) / 1_000_000;
    assertThat(failoverMs).as("failover in ms").isLessThan(30_000);

    cluster.up();

    eventually("the killed node answers", WAIT_MS, () -> cluster.answers(killed));
    cluster.awaitEqualDigests(killed);
  }

  @Test
  void allKilled_allComeBackWithWhatTheyHad() throws Exception {
    Member first = cluster.members().get(0);
    eventually("answers", WAIT_MS, () -> cluster.answers(first));
    long before = ThreeProcesses.appliedIndex(cluster.leader());
    for (Member member : cluster.members()) cluster.kill(member);

    cluster.up();

    for (Member member : cluster.members()) {
      eventually("answers", WAIT_MS, () -> cluster.answers(member));
      assertThat(ThreeProcesses.appliedIndex(member)).isGreaterThanOrEqualTo(before);
      cluster.awaitEqualDigests(member);
    }
  }

  @Test
  void terminated_stopsInGoodOrder_leadMoves_startsFromItsTables() throws Exception {
    Member stopped = cluster.leader();
    ProcessHandle handle = cluster.process(stopped).find().orElseThrow();

    assertThat(NodeProcess.stop(handle, WAIT_MS)).as("stopped without a kill").isTrue();

    assertThat(cluster.process(stopped).storage().resolve("clean-stop")).exists();
    assertThat(cluster.process(stopped).logTail(3)).contains("has stopped");
    eventually("another one leads", WAIT_MS, () -> !cluster.leader().equals(stopped));
    cluster.up();
    eventually("answers", WAIT_MS, () -> cluster.answers(stopped));
    cluster.awaitEqualDigests(stopped);
  }

  @Test
  void diskLost_nodeRefusesToStart() throws Exception {
    Member robbed = cluster.members().get(2);
    cluster.kill(robbed);
    ThreeProcesses.delete(cluster.process(robbed).storage());
    Files.createDirectories(cluster.process(robbed).storage());

    NodeProcess process = cluster.startToEnd(robbed);

    assertThat(process.logTail(3)).contains("the node does not start");
    assertThat(ExitCode.STORAGE_REFUSED.number()).isEqualTo(79);
    for (Member member : cluster.othersThan(robbed)) {
      eventually("the others answer", WAIT_MS, () -> cluster.answers(member));
    }
  }

  @Test
  void tablesDeleted_nodeRebuildsThemFromItsLog() throws Exception {
    Member robbed = cluster.members().get(1);
    cluster.kill(robbed);
    ThreeProcesses.delete(cluster.process(robbed).storage().resolve("tables"));

    cluster.up();

    eventually("answers", WAIT_MS, () -> cluster.answers(robbed));
    cluster.awaitEqualDigests(robbed);
  }

  @Test
  void everythingRuns_upAgainStartsNothing() throws Exception {
    List<Long> pids = pids();

    cluster.up();

    assertThat(cluster.progress).contains("all nodes run already");
    assertThat(pids()).isEqualTo(pids);
  }

  private List<Long> pids() {
    return cluster.members().stream()
        .map(member -> cluster.process(member).find().orElseThrow().pid())
        .toList();
  }
}
