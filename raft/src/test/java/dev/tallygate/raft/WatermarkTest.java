package dev.tallygate.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WatermarkTest {
  @TempDir Path dir;

  @Test
  void index_growsIsCutByTruncationAndSurvivesReopening() throws Exception {
    Path file = dir.resolve("watermark");
    Watermark.create(file);
    Watermark mark = Watermark.open(file);
    assertThat(mark.index()).isEqualTo(-1);
    mark.acknowledging(1, 10);
    mark.acknowledging(1, 7);
    assertThat(mark.index()).isEqualTo(10);
    mark.truncating(2, 8);
    assertThat(Watermark.open(file).index()).isEqualTo(7);
    // An answer to the deposed leader that comes late.
    mark.acknowledging(1, 10);
    assertThat(mark.index()).isEqualTo(7);
    mark.acknowledging(2, 8);
    mark.applied(9);
    mark.truncating(3, 20);
    assertThat(Watermark.open(file).index()).isEqualTo(9);
  }

  @Test
  void damagedFile_isRefused() throws Exception {
    Path file = dir.resolve("watermark");
    Watermark.create(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[3] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(() -> Watermark.open(file)).isInstanceOf(StorageRefusal.class);
    Files.write(file, new byte[100]);
    assertThatThrownBy(() -> Watermark.open(file)).isInstanceOf(StorageRefusal.class);
  }
}
