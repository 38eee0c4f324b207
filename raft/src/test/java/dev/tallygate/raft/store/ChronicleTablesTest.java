package dev.tallygate.raft.store;

import static dev.tallygate.raft.store.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChronicleTablesTest extends TablesContract {
  private static final long UNDO_BYTES = 64 << 20;

  @TempDir Path dir;
  private @Nullable ChronicleTables opened;

  @BeforeEach
  void open() throws IOException {
    opened = ChronicleTables.open(dir.resolve("tables"), TableBounds.SMALL);
  }

  @AfterEach
  void close() throws IOException {
    if (opened != null) opened.close();
  }

  @Override
  Tables tables() {
    return now();
  }

  private ChronicleTables now() {
    if (opened == null) throw new IllegalStateException("closed");
    return opened;
  }

  @Test
  void close_openedAgain_everyRowIsThere() throws IOException {
    Bytes key = new Bytes(8);
    for (long i = 0; i < 5_000; i++) {
      now().table(TableId.LEASES).put(key.clear().addLong(i), key);
      now().openRequests(100 + i % 3).put(key, key);
    }
    now().close();
    opened = ChronicleTables.open(dir.resolve("tables"), TableBounds.SMALL);
    assertThat(now().table(TableId.LEASES).count()).isEqualTo(5_000);
    assertThat(now().requestMinutes()).containsExactly(100, 101, 102);
    Bytes row = new Bytes(8);
    for (long i = 0; i < 5_000; i++) {
      assertThat(now().openRequests(100 + i % 3).get(key.clear().addLong(i), row)).isTrue();
      assertThat(row).isEqualTo(key);
    }
  }

  @Test
  void requests_moreThanOneFileHolds_allAreFoundAndUpdatedInPlace() {
    Table minute = now().openRequests(7);
    Bytes key = new Bytes(8);
    Bytes row = new Bytes(8);
    long rows = 3 * RequestTable.ROWS_MIN;
    for (long i = 0; i < rows; i++) minute.put(key.clear().addLong(i), key);
    for (long i = 0; i < rows; i += 1_001)
      minute.put(key.clear().addLong(i), row.clear().addLong(-i));
    assertThat(minute.count()).isEqualTo(rows);
    for (long i = 0; i < rows; i++) {
      assertThat(minute.get(key.clear().addLong(i), row)).isTrue();
      assertThat(row.getLong(0)).isEqualTo(i % 1_001 == 0 ? -i : i);
    }
    assertThat(minute.remove(key.clear().addLong(5))).isTrue();
    assertThat(minute.get(key, row)).isFalse();
  }

  // A map that outgrows its first tiers looks its file up again by name: a file that was prepared
  // ahead and then renamed ended the process, half a minute into a high rate.
  @Test
  void requests_fileThatWasPreparedAhead_growsBeyondItsFirstTiers() throws Exception {
    eventually(() -> assertThat(now().preparedAhead()).isTrue());
    Table minute = now().openRequests(7);
    Bytes key = new Bytes(64);
    Bytes row = new Bytes(512).length(512);
    long rows = RequestTable.ROWS_MIN - 1;
    for (long i = 0; i < rows; i++) minute.put(key.clear().addLong(i).addLong(i), row);
    assertThat(minute.count()).isEqualTo(rows);
    now().close();
    opened = ChronicleTables.open(dir.resolve("tables"), TableBounds.SMALL);
    assertThat(now().openRequests(7).count()).isEqualTo(rows);
  }

  @Test
  void dropRequests_filesAreDeletedOnceReadersAreGone() throws IOException {
    for (long minute = 0; minute < 4; minute++)
      now().openRequests(minute).put(Bytes.ofUtf8("k"), Bytes.ofUtf8("v"));
    for (long minute = 0; minute < 4; minute++) now().dropRequests(minute);
    now().close();
    opened = null;
    try (var files = Files.list(dir.resolve("tables"))) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .noneMatch(name -> name.startsWith("requests") || name.startsWith(MapKeeper.SPARE));
    }
  }

  @Test
  void delete_openedAgain_isEmpty() throws IOException {
    now().table(TableId.LEASES).put(Bytes.ofUtf8("k"), Bytes.ofUtf8("v"));
    now().close();
    ChronicleTables.delete(dir.resolve("tables"));
    opened = ChronicleTables.open(dir.resolve("tables"), TableBounds.SMALL);
    assertThat(now().table(TableId.LEASES).count()).isZero();
  }

  /**
   * The writer goes on inserting, changing and removing between the steps of the capture, and
   * readers read; what the capture yields must be the very rows of the moment it began.
   */
  @Test
  void capture_whileApplyGoesOn_isTheMomentItBegan() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Table leases = now().table(TableId.LEASES);
    Map<Bytes, Bytes> model = new HashMap<>();
    for (int round = 0; round < 20; round++) {
      change(leases, model, random, 2_000);
      now().openRequests(round).put(Bytes.ofUtf8("minute " + round), Bytes.ofUtf8("v"));
      TablesCapture capture = Objects.requireNonNull(now().capture(UNDO_BYTES));
      Map<Bytes, Bytes> expected = new HashMap<>(model);
      Map<Bytes, Bytes> got = new HashMap<>();
      // A minute that is dropped was there when the capture began, so its rows belong to it.
      if (round >= 3) now().dropRequests(round - 3);
      while (!capture.ended()) {
        change(leases, model, random, random.nextInt(60));
        capture.step();
        take(capture, got);
      }
      take(capture, got);
      assertThat(capture.usable()).isTrue();
      for (int minute = Math.max(0, round - 3); minute <= round; minute++)
        assertThat(got.remove(Bytes.ofUtf8("minute " + minute))).isEqualTo(Bytes.ofUtf8("v"));
      assertThat(got).isEqualTo(expected);
    }
  }

  private static void take(TablesCapture capture, Map<Bytes, Bytes> into)
      throws InterruptedException {
    for (TablesCapture.Run run = capture.take(0); run != null; run = capture.take(0)) {
      Bytes rows = run.rows;
      for (int at = 0; at < rows.length(); ) {
        int keyAt = at + 8;
        int rowAt = keyAt + rows.getInt(at);
        int end = rowAt + rows.getInt(at + 4);
        Bytes key = Bytes.of(rows.copy(keyAt, rowAt - keyAt));
        if (into.put(key, Bytes.of(rows.copy(rowAt, end - rowAt))) != null)
          throw new IllegalStateException("a row came twice");
        at = end;
      }
      capture.giveBack(run);
    }
  }

  private static void change(
      Table table, Map<Bytes, Bytes> model, SplittableRandom random, int steps) {
    for (int i = 0; i < steps; i++) {
      Bytes key = new Bytes(8).addLong(random.nextInt(20_000));
      if (random.nextInt(3) == 0) {
        table.remove(key);
        model.remove(key);
      } else {
        Bytes row = Bytes.of(bytes(random.nextLong(), 1 + random.nextInt(200)));
        table.put(key, row);
        model.put(key, row);
      }
    }
  }

  @Test
  void capture_moreOverwrittenThanMayBeKept_isNotUsable() {
    Table leases = now().table(TableId.LEASES);
    Bytes key = new Bytes(8);
    Bytes row = Bytes.of(bytes(1, 1_000));
    for (long i = 0; i < 3_000; i++) leases.put(key.clear().addLong(i), row);
    TablesCapture capture = Objects.requireNonNull(now().capture(1 << 20));
    assertThat(now().capture(1 << 20)).isNull();
    for (long i = 0; i < 3_000; i++) leases.put(key.clear().addLong(i), key);
    assertThat(capture.usable()).isFalse();
    capture.end();
    assertThat(now().capture(1 << 20)).isNotNull().satisfies(TablesCapture::end);
  }
}
