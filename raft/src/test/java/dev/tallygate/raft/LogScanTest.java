package dev.tallygate.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damages a real log at every byte of its tail. */
@Timeout(120)
final class LogScanTest {
  @TempDir Path dir;

  /** What was done to the file, from the given byte on. */
  private enum Damage {
    CUT,
    ZERO,
    FLIP,
    GARBAGE;

    byte[] apply(byte[] intact, int at, SplittableRandom random) {
      byte[] bytes = intact.clone();
      switch (this) {
        case CUT -> {
          return Arrays.copyOf(intact, at);
        }
        case ZERO -> Arrays.fill(bytes, at, bytes.length, (byte) 0);
        case FLIP -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case GARBAGE -> {
          for (int i = at; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt();
          }
        }
      }
      return bytes;
    }
  }

  // The rule: a log is accepted only if all that was acknowledged is in it, intact; and it is
  // refused only if something is not.
  @Test
  void openSegmentDamagedAnywhere_acceptedExactlyWhenNothingAcknowledgedIsHurt() throws Exception {
    long seed = System.nanoTime();
    System.getLogger("test").log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
    SplittableRandom random = new SplittableRandom(seed);
    Path log = realLog();
    Path segment = openSegment(log);
    byte[] whole = Files.readAllBytes(segment);
    LogScan.Result intact = LogScan.check(log, -1, -1);
    assertThat(intact.first()).isZero();
    assertThat(intact.last()).isGreaterThan(10);
    int end = lastNonZero(whole) + 1;

    for (Damage damage : Damage.values()) {
      // Every byte of the last entries, and some of those before.
      for (int at = 0; at < end; at += at < end - 400 ? 1 + random.nextInt(12) : 1) {
        byte[] bytes = damage.apply(whole, at, random);
        if (Arrays.equals(bytes, whole)) {
          continue;
        }
        Files.write(segment, bytes);
        long left = LogScan.check(log, -1, -1).last();
        assertThat(left).as("%s at %s, seed %s", damage, at, seed).isBetween(-1L, intact.last());

        // What is left is intact now, whatever was there before.
        assertThat(LogScan.check(log, left, -1).last()).isEqualTo(left);
        byte[] kept = Files.exists(segment) ? Files.readAllBytes(segment) : new byte[0];
        int compared = Math.min(lastNonZero(kept) + 1, at);
        assertThat(Arrays.copyOf(kept, compared)).isEqualTo(Arrays.copyOf(whole, compared));

        Files.write(segment, bytes);
        assertThatThrownBy(() -> LogScan.check(log, left + 1, -1))
            .as("%s at %s, seed %s", damage, at, seed)
            .isInstanceOf(StorageRefusal.class);
        assertThat(LogScan.check(log, left, -1).last()).isEqualTo(left);
      }
    }
  }

  @Test
  void closedSegmentDamaged_isAlwaysRefused() throws Exception {
    Path log = realLog();
    Path open = openSegment(log);
    long last = LogScan.check(log, -1, -1).last();
    Path closed = log.resolve("log_0-" + last);
    Files.move(open, closed);
    byte[] whole = Files.readAllBytes(closed);
    assertThat(LogScan.check(log, last, -1).last()).isEqualTo(last);
    int end = lastNonZero(whole) + 1;
    for (int at = 0; at < end; at++) {
      byte[] bytes = whole.clone();
      bytes[at] ^= 1;
      Files.write(closed, bytes);
      assertThatThrownBy(() -> LogScan.check(log, -1, -1))
          .as("flipped at %s", at)
          .isInstanceOf(StorageRefusal.class);
    }
  }

  @Test
  void segmentMissing_isRefused() throws Exception {
    Path log = realLog();
    long last = LogScan.check(log, -1, -1).last();
    Files.write(log.resolve("log_inprogress_" + (last + 2)), new byte[0]);
    assertThatThrownBy(() -> LogScan.check(log, -1, -1))
        .isInstanceOf(StorageRefusal.class)
        .hasMessageContaining("missing");
  }

  // The same through a whole start: the node either comes up with all that was acknowledged, or
  // refuses; the others go on.
  @Test
  void nodeWithTornTail_startsWithoutLossOrRefuses() throws Exception {
    long seed = System.nanoTime();
    System.getLogger("test").log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
    SplittableRandom random = new SplittableRandom(seed);
    try (RaftCluster cluster = RaftCluster.started(dir.resolve("c"), 3)) {
      long next = 0;
      for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 10; i++) {
          cluster.awaitLeader().propose(next++).get(10, TimeUnit.SECONDS);
        }
        RaftCluster.Member victim = cluster.othersThan(cluster.awaitLeader()).getFirst();
        cluster.awaitEqual(cluster.members);
        victim.crash();
        Path segment = openSegment(victim.logDir());
        byte[] whole = Files.readAllBytes(segment);
        int end = lastNonZero(whole) + 1;
        Path spare = dir.resolve("spare" + round);
        RaftCluster.copyTree(victim.dir, spare);
        if (round % 2 == 0) {
          // Bytes behind all that was acknowledged: the start of an entry that was never finished.
          byte[] torn = Arrays.copyOf(whole, Math.max(whole.length, end + 40));
          for (int i = 0; i < 1 + random.nextInt(39); i++) {
            torn[end + i] = (byte) (1 + random.nextInt(255));
          }
          Files.write(segment, torn);
        } else {
          int at = end - 1 - random.nextInt(60);
          Damage damage = Damage.values()[random.nextInt(Damage.values().length)];
          Files.write(segment, damage.apply(whole, at, random));
          assertThatThrownBy(victim::start)
              .as("seed %s", seed)
              .isInstanceOf(StorageRefusal.class)
              .hasMessageContaining("acknowledged");
          RaftCluster.deleteTree(victim.dir);
          RaftCluster.copyTree(spare, victim.dir);
        }
        victim.replica = new ListReplica();
        victim.start();
        assertThat(cluster.awaitEqual(cluster.members)).hasSize((int) next);
      }
    }
  }

  private Path realLog() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir.resolve("one"), 1)) {
      RaftCluster.Member only = cluster.awaitLeader();
      for (long i = 0; i < 15; i++) {
        only.propose(i).get(10, TimeUnit.SECONDS);
      }
      // As it is while the node runs: preallocated, not closed.
      Path copy = dir.resolve("log");
      RaftCluster.copyTree(only.logDir(), copy);
      return copy;
    }
  }

  private static Path openSegment(Path log) throws IOException {
    try (Stream<Path> files = Files.list(log)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("log_inprogress_"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static int lastNonZero(byte[] bytes) {
    int i = bytes.length - 1;
    while (i >= 0 && bytes[i] == 0) {
      i--;
    }
    return i;
  }
}
