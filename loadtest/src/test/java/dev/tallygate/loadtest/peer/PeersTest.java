package dev.tallygate.loadtest.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tallygate.loadtest.drive.EchoWorkload;
import dev.tallygate.loadtest.drive.EtcdPut;
import dev.tallygate.loadtest.drive.Generator;
import dev.tallygate.loadtest.drive.Slice;
import dev.tallygate.loadtest.drive.Slices;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The peers as real processes, a moment of load on each. */
@Timeout(90)
class PeersTest {
  @TempDir Path directory;

  @Test
  void echoProcess_answersEveryCall() throws Exception {
    try (EchoPeer echo = EchoPeer.start(directory);
        Generator generator = new Generator(1);
        Generator.Line line = generator.line(echo.leader(), new EchoWorkload(), 2, 4)) {
      Slice slice = Slices.counted(() -> line.runMany(Duration.ofMillis(200)));

      assertThat(slice.others()).isEmpty();
    }
  }

  @Test
  void etcdProcesses_everyPutDoneAndSynchronizedByThree() throws Exception {
    boolean required = "required".equals(System.getProperty("external"));
    assumeTrue(required || EtcdPeer.isInstalled(), "needs etcd (package etcd-server)");
    try (EtcdPeer etcd = EtcdPeer.start(directory);
        Generator generator = new Generator(1);
        Generator.Line line = generator.line(etcd.leader(), new EtcdPut(), 2, 4)) {
      var before = etcd.fsyncs();

      Slice slice = Slices.counted(() -> line.runMany(Duration.ofMillis(500)));

      assertThat(slice.others()).isEmpty();
      var after = etcd.fsyncs();
      assertThat(after).hasSize(3);
      for (int i = 0; i < 3; i++) {
        assertThat(after.get(i).count()).isGreaterThan(before.get(i).count());
      }
    }
  }

  @Test
  void metrics_sumOverLabels() {
    Metrics metrics =
        new Metrics(
            """
            # HELP a_total what
            a_total{x="1 {"} 2.5
            a_total{x="2"} 1e3 1700000000
            a_total_more 7
            plain 4
            """);

    assertThat(metrics.sum("a_total").orElseThrow()).isEqualTo(1002.5);
    assertThat(metrics.sum("a_total{x=\"2\"}").orElseThrow()).isEqualTo(1000);
    assertThat(metrics.sum("plain").orElseThrow()).isEqualTo(4);
    assertThat(metrics.sum("absent")).isEmpty();
  }
}
