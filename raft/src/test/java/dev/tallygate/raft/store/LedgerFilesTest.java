package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.LedgerLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class LedgerFilesTest {
  @TempDir Path dir;

  /** A record of tenant 1 with an opaque body: files do not look into it. */
  static byte[] record(long position, int bodyBytes) {
    Bytes made = new Bytes(LedgerLayout.BODY + bodyBytes);
    made.length(LedgerLayout.BODY + bodyBytes);
    made.setInt(LedgerLayout.BODY_LENGTH, bodyBytes);
    made.setByte(LedgerLayout.VERSION, LedgerLayout.VERSION_NOW);
    made.setByte(LedgerLayout.KIND, 1);
    made.setInt(LedgerLayout.TENANT, 1);
    made.setLong(LedgerLayout.POSITION, position);
    CRC32C crc = new CRC32C();
    crc.update(
        made.array(), LedgerLayout.VERSION, LedgerLayout.BODY - LedgerLayout.VERSION + bodyBytes);
    made.setInt(LedgerLayout.CRC, (int) crc.getValue());
    return made.copy();
  }

  private static void append(LedgerFiles files, long first, int records) {
    long at = files.length();
    for (int i = 0; i < records; i++) {
      byte[] record = record(first + i, (int) ((first + i) % 300));
      files.append(at, record, 0, record.length);
      at += record.length;
    }
    files.flush();
  }

  private static long countFrom(LedgerFiles files, long position, long firstExpected)
      throws IOException {
    long next = firstExpected;
    try (LedgerReader reader = files.reader(position)) {
      while (reader.next()) assertThat(reader.position()).isEqualTo(next++);
    }
    return next - firstExpected;
  }

  // A reader that sees a record may ask the state about it, which is published in between.
  @Test
  void roll_publishesNothingBeforeTheEntryIsWhole() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      byte[] record = record(1, 10);
      files.append(0, record, 0, record.length);
      files.roll(record.length);
      assertThat(files.length()).isZero();
      files.flush();
      assertThat(files.length()).isEqualTo(record.length);
      assertThat(countFrom(files, 0, 1)).isEqualTo(1);
      append(files, 2, 5);
      assertThat(countFrom(files, 0, 1)).isEqualTo(6);
    }
  }

  @Test
  void append_overSegments_isReadBackInOrderAndAfterReopening() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      for (int segment = 0; segment < 4; segment++) {
        append(files, 1 + 1_000L * segment, 1_000);
        files.roll(files.length());
      }
      assertThat(countFrom(files, 0, 1)).isEqualTo(4_000);
      assertThat(files.gaps()).isEmpty();
    }
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      append(files, 4_001, 10);
      assertThat(countFrom(files, 0, 1)).isEqualTo(4_010);
    }
    try (Stream<Path> names = Files.list(dir)) {
      assertThat(names.map(path -> String.valueOf(path.getFileName())))
          .hasSize(5)
          .contains("00000000000000000000.ledger");
    }
  }

  @Test
  void append_positionThatIsNotTheEnd_refused() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      append(files, 1, 3);
      byte[] record = record(4, 10);
      assertThatThrownBy(() -> files.append(files.length() - 1, record, 0, record.length))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the state says");
    }
  }

  @Test
  void append_notFlushed_isNotSeen() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      byte[] record = record(1, 10);
      files.append(0, record, 0, record.length);
      try (LedgerReader reader = files.reader(0)) {
        assertThat(reader.next()).isFalse();
        files.flush();
        assertThat(reader.next()).isTrue();
        assertThat(reader.end()).isEqualTo(record.length);
        assertThat(reader.next()).isFalse();
      }
    }
  }

  @Test
  void resume_earlierPosition_whatIsBehindIsDroppedAndWrittenAgain() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      append(files, 1, 100);
      long cut = files.length();
      append(files, 101, 50);
      files.roll(files.length());
      append(files, 151, 50);
      files.resume(cut);
      assertThat(files.length()).isEqualTo(cut);
      append(files, 101, 70);
      assertThat(countFrom(files, 0, 1)).isEqualTo(170);
      files.resume(0);
      append(files, 1, 5);
      assertThat(countFrom(files, 0, 1)).isEqualTo(5);
    }
  }

  @Test
  void resume_atTheBoundaryOfSegments_rollingAgainMakesTheSameFiles() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      append(files, 1, 10);
      long boundary = files.length();
      files.roll(boundary);
      append(files, 11, 10);
      files.resume(boundary);
      files.roll(boundary);
      append(files, 11, 10);
      assertThat(files.segments()).hasSize(2);
      assertThat(countFrom(files, boundary, 11)).isEqualTo(10);
    }
  }

  @Test
  void resume_positionBehindTheEnd_leavesAGapBehindTheLastWholeRecord() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      append(files, 1, 100);
    }
    // The end of the file was being written when the process died.
    Path first = dir.resolve("00000000000000000000.ledger");
    long whole = Files.size(first);
    Files.write(first, new byte[17], java.nio.file.StandardOpenOption.APPEND);
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      files.resume(whole + 5_000);
      append(files, 500, 3);
      assertThat(files.gaps()).containsExactly(new LedgerFiles.Gap(whole, whole + 5_000));
      assertThat(countFrom(files, whole + 5_000, 500)).isEqualTo(3);
      assertThatThrownBy(() -> countFrom(files, 0, 1)).hasMessageContaining("does not hold");
      assertThatThrownBy(() -> files.reader(whole + 1)).hasMessageContaining("does not hold");
    }
  }

  @Test
  void seek_positionInsideASegment_beginsThere() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      for (int segment = 0; segment < 5; segment++) {
        append(files, 1 + 100L * segment, 100);
        if (segment < 4) files.roll(files.length());
      }
      long third = files.segments().get(2).start();
      assertThat(files.seek(1, 250)).isEqualTo(third);
      assertThat(files.seek(1, 200)).isEqualTo(third);
      assertThat(files.seek(1, 0)).isZero();
      assertThat(files.seek(1, 10_000)).isEqualTo(files.segments().get(4).start());
      assertThat(files.seek(2, 0)).isZero();
    }
  }

  @Test
  void read_forAnotherNode_yieldsWholeRecords() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      append(files, 1, 200);
      long at = 0;
      int runs = 0;
      while (at < files.length()) {
        byte[] run = files.read(at, 2_000);
        assertThat(run.length).isBetween(1, 2_000);
        at += run.length;
        runs++;
      }
      assertThat(runs).isGreaterThan(10);
      assertThat(files.read(at, 2_000)).isEmpty();
      // A record that is longer than what was asked for comes whole, or it would never come.
      assertThat(files.read(0, 1)).hasSize(LedgerLayout.BODY + 1);
    }
  }

  @Test
  void awaitBeyond_untilAppended_wakesTheWaiter() throws Exception {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      CompletableFuture<Long> woken = new CompletableFuture<>();
      Thread.ofPlatform()
          .start(
              () -> {
                try {
                  woken.complete(files.awaitBeyond(0, 30_000));
                } catch (InterruptedException e) {
                  woken.completeExceptionally(e);
                }
              });
      append(files, 1, 1);
      assertThat(woken.get(20, TimeUnit.SECONDS)).isEqualTo(files.length());
      assertThat(files.awaitBeyond(files.length(), 5)).isEqualTo(files.length());
    }
  }

  @Test
  void reader_whileTheLedgerGrows_seesEveryRecordOnce() throws Exception {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      int total = 60_000;
      CompletableFuture<Long> seen = new CompletableFuture<>();
      Thread.ofPlatform().start(() -> tail(files, total, seen));
      for (int i = 0; i < total; i += 100) {
        append(files, 1 + i, 100);
        if (i % 9_000 == 0) files.roll(files.length());
      }
      assertThat(seen.get(30, TimeUnit.SECONDS)).isEqualTo(total);
    }
  }

  private static void tail(LedgerFiles files, int total, CompletableFuture<Long> seen) {
    long count = 0;
    try (LedgerReader reader = files.reader(0)) {
      while (count < total) {
        if (!reader.next()) {
          files.awaitBeyond(reader.end(), 1_000);
          continue;
        }
        if (reader.position() != ++count) throw new IOException("got " + reader.position());
      }
      seen.complete(count);
    } catch (IOException | InterruptedException e) {
      seen.completeExceptionally(e);
    }
  }

  @Test
  void next_anyFlippedBit_isDetected() throws IOException {
    try (LedgerFiles files = LedgerFiles.open(dir)) {
      append(files, 5, 3);
    }
    Path file = dir.resolve("00000000000000000000.ledger");
    long bytes = Files.size(file);
    for (long bit = 0; bit < bytes * 8; bit++) {
      Damage.flip(file, bit / 8, (int) (bit % 8));
      assertThatThrownBy(
              () -> {
                try (LedgerReader reader = new LedgerReader(LedgerSegment.of(file))) {
                  while (reader.next()) continue;
                }
              })
          .isInstanceOf(DamagedLedgerException.class);
      Damage.flip(file, bit / 8, (int) (bit % 8));
    }
  }

  @Test
  void open_foreignFile_refused() throws IOException {
    Files.writeString(dir.resolve("notes.ledger"), "x");
    assertThatThrownBy(() -> LedgerFiles.open(dir)).hasMessageContaining("notes.ledger");
  }

  /** {@code /dev/full} refuses every write as a full disk does. */
  @Test
  void flush_diskFull_failsLoudAndPublishesNothing() throws IOException {
    Path full = Path.of("/dev/full");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(full), "no /dev/full");
    Files.createSymbolicLink(dir.resolve("00000000000000000000.ledger"), full);
    LedgerFiles files = LedgerFiles.open(dir);
    byte[] record = record(1, 100);
    files.append(0, record, 0, record.length);
    assertThatThrownBy(files::flush)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("00000000000000000000.ledger");
    assertThat(files.length()).isZero();
  }
}
