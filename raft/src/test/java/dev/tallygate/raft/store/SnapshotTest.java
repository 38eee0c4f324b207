package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.proto.log.v1.SnapshotHeader;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.TableId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class SnapshotTest {
  private static final String CLUSTER = "cluster";

  @TempDir Path dir;
  private Path snapshot = Path.of("");

  @BeforeEach
  void write() throws IOException {
    snapshot = dir.resolve("snapshot");
    StateReplica replica = open("node");
    new Scenario(31).play(replica, 150);
    replica.beginSnapshot(1, 149).write(snapshot);
    replica.closeCleanly();
  }

  private StateReplica open(String name) throws IOException {
    return new StateReplica(
        StoreConfig.of(dir.resolve(name), "n1", CLUSTER, TableBounds.SMALL),
        Scenario::result,
        (why, cause) -> {
          throw new IllegalStateException(why, cause);
        });
  }

  private static void check(Path file) throws IOException {
    SnapshotTask.check(file, 1, 149, CLUSTER);
  }

  @Test
  void check_intactFile_passes() throws IOException {
    check(snapshot);
  }

  @Test
  void check_anotherIndexTermOrCluster_refusedByName() {
    assertThatThrownBy(() -> SnapshotTask.check(snapshot, 2, 149, CLUSTER))
        .hasMessageContaining("is of term `1` and index `149`, not `2` and `149`");
    assertThatThrownBy(() -> SnapshotTask.check(snapshot, 1, 150, CLUSTER))
        .hasMessageContaining("not `1` and `150`");
    assertThatThrownBy(() -> SnapshotTask.check(snapshot, 1, 149, "other"))
        .hasMessageContaining("is of cluster `cluster`, not `other`");
  }

  @Test
  void check_flippedBits_areAllFound() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    long bytes = Files.size(snapshot);
    for (int round = 0; round < 400; round++) {
      long at = random.nextLong(bytes);
      int bit = random.nextInt(8);
      Damage.flip(snapshot, at, bit);
      assertThatThrownBy(() -> check(snapshot))
          .as("bit %d of %d", bit, at)
          .isInstanceOf(IOException.class);
      Damage.flip(snapshot, at, bit);
    }
    check(snapshot);
  }

  @Test
  void check_cutAnywhereOrLonger_isFound() throws IOException {
    byte[] all = Files.readAllBytes(snapshot);
    Path cut = dir.resolve("cut");
    for (int length = 0; length < all.length; length += 1 + all.length / 300) {
      Files.write(cut, Arrays.copyOf(all, length));
      assertThatThrownBy(() -> check(cut)).as("%d bytes", length).isInstanceOf(IOException.class);
    }
    Files.write(cut, Arrays.copyOf(all, all.length + 1));
    assertThatThrownBy(() -> check(cut)).hasMessageContaining("behind its trailer");
  }

  @Test
  void install_damagedFile_refused() throws IOException {
    Damage.flip(snapshot, Files.size(snapshot) / 2, 3);
    StateReplica replica = open("other");
    assertThatThrownBy(() -> replica.install(snapshot, 1, 149)).isInstanceOf(IOException.class);
    assertThat(replica.isWhole()).isFalse();
    replica.closeCleanly();
  }

  /** A format is a promise: these bytes must be read by every later version. */
  @Test
  void write_fewRows_theseVeryBytes() throws IOException {
    Path file = dir.resolve("golden");
    SnapshotHeader header =
        SnapshotHeader.newBuilder()
            .setFormat(1)
            .setFeatureLevel(1)
            .setClusterId("c")
            .setTerm(2)
            .setIndex(3)
            .setDigest(4)
            .setLedgerBytes(5)
            .build();
    try (SnapshotOut out = new SnapshotOut(file, header)) {
      out.begin(TableId.LEASES, 0);
      out.row(Bytes.ofUtf8("key"), Bytes.ofUtf8("row"));
      out.begin(TableId.REQUESTS, 29_000_000);
      out.row(Bytes.ofUtf8("k2"), Bytes.ofUtf8("r2"));
      out.finish();
    }
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(file))).isEqualTo(GOLDEN);
    List<String> rows = new ArrayList<>();
    try (SnapshotIn in = new SnapshotIn(file)) {
      assertThat(in.header()).isEqualTo(header);
      in.read(
          (id, generation, key, row) ->
              rows.add(
                  id
                      + " "
                      + generation
                      + " "
                      + key.utf8(0, key.length())
                      + " "
                      + row.utf8(0, row.length())));
    }
    assertThat(rows).containsExactly("LEASES 0 key row", "REQUESTS 29000000 k2 r2");
  }

  private static final String GOLDEN =
      "2b00000014595d6a01000000080110011a016321020000000000000029030000"
          + "00000000003104000000000000003905000000000000000e0000004e34eb8802"
          + "0000000a0c08051a036b65792203726f7715000000df26f797020000000a1308"
          + "09114081ba01000000001a026b322202723224000000e68caa21030000000802"
          + "122056b820270eaf8b66506145b557bc5dd9560d252e147f42d59dede8c2ff94"
          + "c722";
}
