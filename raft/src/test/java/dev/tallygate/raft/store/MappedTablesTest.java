package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Checksum;
import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.Tables;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MappedTablesTest extends TablesContract {
  private static final long UNDO_BYTES = 64 << 20;

  @TempDir Path dir;
  private @Nullable MappedTables opened;

  @BeforeEach
  void open() throws IOException {
    opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
  }

  @AfterEach
  void close() throws IOException {
    if (opened != null) opened.close();
  }

  @Override
  Tables tables() {
    return now();
  }

  private MappedTables now() {
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
    opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
    assertThat(now().table(TableId.LEASES).count()).isEqualTo(5_000);
    assertThat(now().requestMinutes()).containsExactly(100, 101, 102);
    Bytes row = new Bytes(8);
    for (long i = 0; i < 5_000; i++) {
      assertThat(now().openRequests(100 + i % 3).get(key.clear().addLong(i), row)).isTrue();
      assertThat(row).isEqualTo(key);
    }
  }

  @Test
  void requests_manyRows_allAreFoundUpdatedAndRemoved() {
    Table minute = now().openRequests(7);
    Bytes key = new Bytes(8);
    Bytes row = new Bytes(8);
    long rows = 200_000;
    for (long i = 0; i < rows; i++) minute.insert(key.clear().addLong(i), key);
    for (long i = 0; i < rows; i += 1_001)
      minute.put(key.clear().addLong(i), row.clear().addLong(-i));
    assertThat(minute.count()).isEqualTo(rows);
    for (long i = 0; i < rows; i++) {
      assertThat(minute.get(key.clear().addLong(i), row)).isTrue();
      assertThat(row.getLong(0)).isEqualTo(i % 1_001 == 0 ? -i : i);
    }
    for (long i = 0; i < rows; i += 2) assertThat(minute.remove(key.clear().addLong(i))).isTrue();
    for (long i = 0; i < rows; i++)
      assertThat(minute.get(key.clear().addLong(i), row)).isEqualTo(i % 2 == 1);
  }

  @Test
  void dropRequests_minuteAfterMinute_memoryIsUsedAgain() {
    Bytes key = new Bytes(8);
    Bytes row = new Bytes(64).length(64);
    long most = 0;
    for (long minute = 0; minute < 40; minute++) {
      Table of = now().openRequests(minute);
      for (long i = 0; i < 20_000; i++) of.insert(key.clear().addLong(i), row);
      if (minute >= 2) now().dropRequests(minute - 2);
      if (minute == 4) most = now().blocksLent();
    }
    assertThat(now().blocksLent()).isLessThanOrEqualTo(most + 4);
    for (long minute : now().requestMinutes()) now().dropRequests(minute);
    assertThat(now().blocksLent()).isZero();
  }

  @Test
  void remove_everyRow_memoryIsGivenBack() {
    Table leases = now().table(TableId.LEASES);
    Bytes key = new Bytes(8);
    for (long i = 0; i < 20_000; i++)
      leases.put(key.clear().addLong(i), Bytes.of(bytes(i, (int) (i % 700))));
    for (long i = 0; i < 20_000; i++) leases.remove(key.clear().addLong(i));
    assertThat(leases.count()).isZero();
    // What is left are the indexes of the segments, which never shrink.
    assertThat(now().blocksLent()).isLessThanOrEqualTo(2);
  }

  @Test
  void open_afterAnythingButACleanClose_isEmpty() throws IOException {
    Bytes k = Bytes.ofUtf8("k");
    now().table(TableId.LEASES).put(k, k);
    now().close();
    opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
    assertThat(now().table(TableId.LEASES).get(k, new Bytes(1))).isTrue();
    // The process ends here, without a close.
    opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
    assertThat(now().table(TableId.LEASES).count()).isZero();
    assertThat(now().table(TableId.LEASES).get(k, new Bytes(1))).isFalse();
  }

  @Test
  void open_placesDamagedAnywhere_isEmpty() throws IOException {
    for (int flip = 0; flip < 40; flip++) {
      Bytes k = Bytes.ofUtf8("k");
      now().table(TableId.LEASES).put(k, k);
      now().close();
      Path places = dir.resolve("tables").resolve("places");
      Damage.flip(places, (int) (Files.size(places) - 1) * flip / 39, flip % 8);
      opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
      assertThat(now().table(TableId.LEASES).count()).isZero();
    }
  }

  @Test
  void open_rowsFileCutShort_isRefused() throws IOException {
    now().table(TableId.LEASES).put(Bytes.ofUtf8("k"), Bytes.ofUtf8("v"));
    now().close();
    opened = null;
    try (var file = FileChannel.open(dir.resolve("tables/rows.map"), StandardOpenOption.WRITE)) {
      file.truncate(file.size() / 4);
    }
    assertThatThrownBy(() -> MappedTables.open(dir.resolve("tables"), TableBounds.SMALL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cut short");
  }

  /** Readers of a minute that is dropped and whose memory others fill see its rows or nothing. */
  @Test
  void get_whileMinutesAreDroppedAndMemoryIsUsedAgain_neverAnotherRow() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Long> reads = new CompletableFuture<>();
    AtomicReference<Table> current = new AtomicReference<>(now().openRequests(0));
    Thread.ofPlatform().start(() -> readNewest(current, stop, reads));
    Bytes key = new Bytes(16);
    Bytes row = new Bytes(64);
    for (long minute = 1; minute < 300; minute++) {
      Table of = now().openRequests(minute);
      for (long i = 0; i < 500; i++) {
        row.clear().addLong(minute);
        for (long pad = i % 9; pad > 0; pad--) row.addLong(minute);
        of.insert(key.clear().addLong(i).addLong(i), row);
      }
      current.set(of);
      now().dropRequests(minute - 1);
    }
    stop.set(true);
    assertThat(reads.get(30, TimeUnit.SECONDS)).isPositive();
  }

  private static void readNewest(
      AtomicReference<Table> current, AtomicBoolean stop, CompletableFuture<Long> reads) {
    Bytes key = new Bytes(16);
    Bytes row = new Bytes(64);
    long found = 0;
    try {
      while (!stop.get() || found == 0) {
        Table table = Objects.requireNonNull(current.get());
        long minute = ((MappedTable) table).generation();
        for (long i = 0; i < 500; i++) {
          if (!table.get(key.clear().addLong(i).addLong(i), row)) continue;
          found++;
          for (int at = 0; at < row.length(); at += Long.BYTES)
            if (row.getLong(at) != minute || row.length() != 8 * (1 + i % 9))
              throw new AssertionError("minute " + minute + " has a row of " + row.getLong(at));
        }
      }
      reads.complete(found);
    } catch (RuntimeException | AssertionError e) {
      reads.completeExceptionally(e);
    }
  }

  /** Keys that share one {@link Checksum}, which anybody can compute: callers choose keys. */
  @Test
  void insert_keysChosenForOneHash_spreadAsAnyOthers() {
    Table minute = now().openRequests(7);
    Bytes key = new Bytes(16);
    Set<Long> checksums = new HashSet<>();
    for (long i = 0; i < 60_000; i++) {
      minute.insert(chosen(key, i), key);
      checksums.add(Checksum.of(0, key.array(), 0, key.length()));
    }
    assertThat(checksums).hasSize(1);
    assertThat(minute.count()).isEqualTo(60_000);
    Bytes row = new Bytes(16);
    for (long i = 0; i < 60_000; i++) assertThat(minute.get(chosen(key, i), row)).isTrue();
  }

  private static Bytes chosen(Bytes key, long i) {
    long start = Checksum.mix(0x9E3779B97F4A7C15L, 16 ^ 0xD6E8FEB86659FD93L);
    return key.clear().addLong(i).addLong(Checksum.mix(start ^ i, 0xD6E8FEB86659FD93L) ^ 42);
  }

  @Test
  void open_madeForOtherBounds_isEmptyAndMadeForThese() throws IOException {
    Bytes k = Bytes.ofUtf8("k");
    now().table(TableId.POOLS).put(k, k);
    now().close();
    TableBounds more = new TableBounds(10_000_000, 50_000, 200_000, 50_000, 100, 1_000);
    opened = MappedTables.open(dir.resolve("tables"), more);
    assertThat(now().table(TableId.POOLS).count()).isZero();
    assertThat(((MappedTable) now().table(TableId.POOLS)).segments()).isGreaterThan(1_000);
  }

  /** One bit anywhere among rows and indexes: a row that is still visited is also still found. */
  @Test
  void forEach_bitFlippedAtRest_everyVisitedRowIsFound() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Bytes key = new Bytes(8);
    for (long i = 0; i < 1_500; i++) now().table(TableId.LEASES).put(key.clear().addLong(i), key);
    int refused = 0;
    for (int flip = 0; flip < 150; flip++) {
      now().close();
      Path rows = dir.resolve("tables").resolve("rows.map");
      int at = Blocks.BLOCK_BYTES * (1 + random.nextInt(8)) + random.nextInt(8 << 10);
      int bit = random.nextInt(8);
      Damage.flip(rows, at, bit);
      opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
      Table leases = now().table(TableId.LEASES);
      Bytes row = new Bytes(8);
      try {
        leases.forEach((k, r) -> assertThat(leases.get(Bytes.of(k.copy()), row)).isTrue());
      } catch (CorruptStateException e) {
        refused++;
      }
      now().close();
      Damage.flip(rows, at, bit);
      opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
    }
    assertThat(refused).isPositive();
  }

  @Test
  void delete_openedAgain_isEmpty() throws IOException {
    now().table(TableId.LEASES).put(Bytes.ofUtf8("k"), Bytes.ofUtf8("v"));
    now().close();
    MappedTables.delete(dir.resolve("tables"));
    opened = MappedTables.open(dir.resolve("tables"), TableBounds.SMALL);
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
