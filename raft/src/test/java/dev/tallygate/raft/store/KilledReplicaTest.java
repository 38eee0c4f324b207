package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.raft.Replica;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed with SIGKILL in the middle of writing its tables and its ledger. What it
 * leaves must be rebuilt, from the log alone or from its snapshot and the log behind it, to the
 * very state and the very ledger bytes that a replica has which was never killed.
 */
@Timeout(180)
final class KilledReplicaTest {
  @TempDir Path dir;

  @Test
  void replica_killedWhileWriting_isRebuiltToTheSameBytes() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    for (int round = 0; round < 3; round++) {
      Path home = Files.createDirectory(dir.resolve("round" + round));
      long killedAt =
          kill(home, seed + round, new SplittableRandom(seed + round).nextInt(500, 900));
      rebuild(home, seed + round, killedAt, round % 2 == 0);
    }
  }

  /** Returns an index that the process had reached for certain. */
  private static long kill(Path home, long seed, long after)
      throws IOException, InterruptedException {
    Process victim =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of(System.getProperty("tallygate.home", ".."), "ops/config/jvm.options"),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                KillVictim.class.getName(),
                home.toString(),
                String.valueOf(seed))
            .redirectErrorStream(true)
            .start();
    StringBuilder said = new StringBuilder();
    long reached = 0;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(victim.getInputStream(), StandardCharsets.UTF_8))) {
      while (reached < after) {
        String line = out.readLine();
        assertThat(line).as(said.toString()).isNotNull();
        said.append(line).append('\n');
        if (line.chars().allMatch(Character::isDigit)) reached = Long.parseLong(line);
      }
      victim.destroyForcibly();
      assertThat(victim.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(victim.exitValue()).isEqualTo(128 + 9);
    }
    return reached;
  }

  private static void rebuild(Path home, long seed, long killedAt, boolean fromSnapshot)
      throws IOException {
    // The same life again, in a replica that nothing happens to; its entries are the log.
    Scenario scenario = new Scenario(seed);
    StateReplica unharmed = KillVictim.open(home.resolve("unharmed"));
    List<byte[]> log = new java.util.ArrayList<>();
    while (scenario.index() < killedAt) {
      log.add(scenario.next());
      unharmed.apply(1, scenario.index() - 1, ByteBuffer.wrap(log.getLast()), scenario.sink());
    }
    StateReplica killed = KillVictim.open(home);
    assertThat(killed.appliedIndex()).isEqualTo(Replica.NOTHING_APPLIED);
    long from = 0;
    if (fromSnapshot) {
      killed.install(home.resolve("snapshot"), 1, KillVictim.SNAPSHOT_AT - 1);
      from = KillVictim.SNAPSHOT_AT;
    }
    StateReplicaTest.replay(killed, log, from);
    assertThat(killed.core().digest()).isEqualTo(unharmed.core().digest());
    assertThat(killed.ledger().gaps()).isEmpty();
    assertThat(killed.ledger().read(0, 1 << 30)).isEqualTo(unharmed.ledger().read(0, 1 << 30));
    killed.closeCleanly();
    unharmed.closeCleanly();
    assertThat(LedgerChain.verify(home.resolve("storage/ledger")).fault()).isNull();
  }
}
