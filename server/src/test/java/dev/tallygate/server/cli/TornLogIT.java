package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static dev.tallygate.server.cli.ThreeProcesses.WAIT_MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.server.cli.ClusterFile.Member;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a power cut leaves at the end of a log, under real processes that were killed. */
class TornLogIT {
  private static final int UNITS = 40;
  private static final long SEED = Long.getLong("torn.seed", System.nanoTime());

  @TempDir Path dir;
  private final SplittableRandom random = new SplittableRandom(SEED);

  @Test
  void entryWrittenInPart_onEveryNode_nothingAcknowledgedIsLost() throws Exception {
    System.out.println("torn log: seed " + SEED);
    try (ThreeProcesses cluster = new ThreeProcesses(dir, Map.of())) {
      take(cluster);
      for (Member member : cluster.members()) cluster.kill(member);
      for (Member member : cluster.members()) tearBehindTheEnd(openFile(cluster, member));

      cluster.up();

      for (Member member : cluster.members()) {
        eventually("answers, seed " + SEED, WAIT_MS, () -> cluster.answers(member));
        cluster.awaitEqualDigests(member);
        assertThat(ThreeProcesses.used(member)).as("units used, seed " + SEED).isEqualTo(UNITS);
      }
      cluster.take(cluster.members().get(0));
      assertThat(ThreeProcesses.used(cluster.leader())).isEqualTo(UNITS + 1);
    }
  }

  @Test
  void acknowledgedEntryDamaged_nodeRefusesToStart_othersServe() throws Exception {
    System.out.println("torn log: seed " + SEED);
    try (ThreeProcesses cluster = new ThreeProcesses(dir, Map.of())) {
      take(cluster);
      Member damaged = cluster.othersThan(cluster.leader()).get(random.nextInt(2));
      cluster.kill(damaged);
      flipBeforeTheEnd(openFile(cluster, damaged));

      NodeProcess process = cluster.startToEnd(damaged);

      assertThat(process.logTail(3)).as("seed " + SEED).contains("acknowledged");
      for (Member member : cluster.othersThan(damaged)) {
        eventually("the others answer", WAIT_MS, () -> cluster.answers(member));
        assertThat(ThreeProcesses.used(member)).isEqualTo(UNITS);
      }
    }
  }

  private static void take(ThreeProcesses cluster) throws Exception {
    cluster.applyCatalog();
    for (int i = 0; i < UNITS; i++) cluster.take(cluster.members().get(i % 3));
  }

  private static Path openFile(ThreeProcesses cluster, Member member) throws IOException {
    return cluster.logFiles(member).getLast();
  }

  /** The first bytes of an entry that nobody was promised. */
  private void tearBehindTheEnd(Path log) throws IOException {
    byte[] torn = new byte[1 + random.nextInt(39)];
    for (int i = 0; i < torn.length; i++) torn[i] = (byte) (1 + random.nextInt(255));
    write(log, end(log), torn);
  }

  /** One bit of the first entries: they are acknowledged for long. */
  private void flipBeforeTheEnd(Path log) throws IOException {
    byte[] bytes = Files.readAllBytes(log);
    int at = end(log) / 2 - random.nextInt(100);
    write(log, at, new byte[] {(byte) (bytes[at] ^ 1)});
  }

  /** A file is filled up with zeros. */
  private static int end(Path log) throws IOException {
    byte[] bytes = Files.readAllBytes(log);
    int end = bytes.length;
    while (bytes[end - 1] == 0) end--;
    return end;
  }

  private static void write(Path file, long at, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), at);
    }
  }
}
