package dev.tallygate.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.server.config.ConfigReader;
import dev.tallygate.server.config.NodeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DivergenceTest {
  @TempDir Path dir;
  private Path snapshots;
  private Divergence divergence;

  @BeforeEach
  void makeStorage() throws Exception {
    NodeConfig config = ConfigReader.parse("test", TestConfig.yaml(dir, 1, 2, 3, 4), true);
    snapshots = dir.resolve("raft").resolve(config.clusterId().toString()).resolve("sm");
    Files.createDirectories(snapshots);
    Files.createDirectories(dir.resolve("tables"));
    for (String name : new String[] {"snapshot-1-1000", "snapshot-1-1000.md5", "snapshot-2-2000"}) {
      Files.createFile(snapshots.resolve(name));
    }
    Files.createFile(dir.resolve("tables").resolve("rows.map"));
    divergence = new Divergence(config);
  }

  @Test
  void noNote_nothingIsTouched() throws Exception {
    divergence.mend();

    assertThat(snapshots.resolve("snapshot-2-2000")).exists();
    assertThat(dir.resolve("tables/rows.map")).exists();
  }

  @Test
  void note_tablesAndYoungerSnapshotsGo() throws Exception {
    divergence.note(1_000);

    divergence.mend();

    assertThat(dir.resolve("tables")).doesNotExist();
    assertThat(snapshots.resolve("snapshot-1-1000")).exists();
    assertThat(snapshots.resolve("snapshot-1-1000.md5")).exists();
    assertThat(snapshots.resolve("snapshot-2-2000")).doesNotExist();
    assertThat(dir.resolve("diverged")).doesNotExist();
  }

  @Test
  void noteCutShort_nothingIsTrusted() throws Exception {
    Files.writeString(dir.resolve("diverged"), "matched-ind");

    divergence.mend();

    assertThat(snapshots.resolve("snapshot-1-1000")).doesNotExist();
    assertThat(snapshots.resolve("snapshot-2-2000")).doesNotExist();
  }
}
