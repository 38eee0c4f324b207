package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A million leases captured while readers read and the writer writes. Prints what it took; asserts
 * only what a busy machine cannot break: the bound on apply's pause, which is a hundred times what
 * it takes.
 */
@Timeout(180)
final class MillionRowsTest {
  private static final int ROWS = 1_000_000;
  private static final long PAUSE_NS_MAX = 100_000_000;

  @TempDir Path dir;

  @Test
  void capture_millionLeasesUnderReadersAndWriter_exactAndApplyHardlyWaits() throws Exception {
    TableBounds bounds = new TableBounds(1_000, ROWS, 100_000, 1_000, 10, 10);
    try (MappedTables tables = MappedTables.open(dir, bounds)) {
      Table leases = tables.table(TableId.LEASES);
      fill(leases);
      AtomicBoolean stop = new AtomicBoolean();
      CompletableFuture<Long> reads = new CompletableFuture<>();
      Thread.ofPlatform().start(() -> read(leases, stop, reads));
      long began = System.nanoTime();
      TablesCapture capture = Objects.requireNonNull(tables.capture(256 << 20));
      long pause = System.nanoTime() - began;
      CompletableFuture<long[]> copied = new CompletableFuture<>();
      Thread.ofPlatform().start(() -> collect(capture, copied));
      long worst = write(tables, leases, copied);
      stop.set(true);
      long[] sums = copied.get(60, TimeUnit.SECONDS);
      System.out.printf(
          Locale.ROOT,
          "capture began in %d us, copied in %d ms; slowest entry meanwhile %d us; %d reads%n",
          pause / 1_000,
          sums[2] / 1_000_000,
          worst / 1_000,
          reads.get(30, TimeUnit.SECONDS));
      assertThat(sums[0]).isEqualTo(ROWS);
      assertThat(sums[1]).as("every row as it was").isEqualTo((long) ROWS * (ROWS - 1) / 2);
      assertThat(pause).isLessThan(PAUSE_NS_MAX);
    }
  }

  private static void fill(Table leases) {
    Bytes key = new Bytes(16);
    Bytes row = new Bytes(176).length(176);
    long began = System.nanoTime();
    for (int i = 0; i < ROWS; i++) {
      row.setLong(8, i);
      leases.put(key(key, i), row);
    }
    long puts = System.nanoTime() - began;
    began = System.nanoTime();
    for (int i = 0; i < ROWS; i++) leases.get(key(key, i * 7919L % ROWS), row);
    System.out.printf(
        Locale.ROOT,
        "put %d ns, get %d ns a row of 12 + 176 bytes%n",
        puts / ROWS,
        (System.nanoTime() - began) / ROWS);
  }

  private static Bytes key(Bytes key, long i) {
    return key.clear().addInt(1).addLong(i * 0x9E3779B97F4A7C15L);
  }

  private static void read(Table leases, AtomicBoolean stop, CompletableFuture<Long> reads) {
    Bytes key = new Bytes(16);
    Bytes row = new Bytes(176);
    SplittableRandom random = new SplittableRandom(3);
    long count = 0;
    while (!stop.get()) {
      leases.get(key(key, random.nextInt(ROWS)), row);
      count++;
    }
    reads.complete(count);
  }

  /**
   * Changes, removes and adds rows in entries of 300 until the copy is done, copying behind each as
   * apply does; returns the slowest entry.
   */
  private static long write(MappedTables tables, Table leases, CompletableFuture<?> until) {
    Bytes key = new Bytes(16);
    Bytes row = new Bytes(176).length(176);
    SplittableRandom random = new SplittableRandom(9);
    long worst = 0;
    for (long i = 0; !until.isDone(); ) {
      long began = System.nanoTime();
      for (long end = i + 300; i < end; i++) {
        row.setLong(8, -i);
        if (i % 3 == 0) leases.remove(key(key, random.nextInt(ROWS)));
        else if (i % 3 == 1) leases.put(key(key, random.nextInt(ROWS)), row);
        else leases.put(key(key, ROWS + i), row);
      }
      tables.work((System.nanoTime() - began) / 2);
      worst = Math.max(worst, System.nanoTime() - began);
    }
    return worst;
  }

  private static void collect(TablesCapture capture, CompletableFuture<long[]> done) {
    long[] sums = new long[3];
    long began = System.nanoTime();
    try {
      boolean last = false;
      while (!last) {
        TablesCapture.Run run = capture.take(1_000);
        if (run == null) throw new IOException("nothing came");
        for (int at = 0; at < run.rows.length(); sums[0]++) {
          int rowAt = at + 8 + run.rows.getInt(at);
          sums[1] += run.rows.getLong(rowAt + 8);
          at = rowAt + run.rows.getInt(at + 4);
        }
        last = run.last;
        capture.giveBack(run);
      }
      if (!capture.usable()) throw new IOException("not usable");
    } catch (IOException | InterruptedException e) {
      done.completeExceptionally(e);
    }
    sums[2] = System.nanoTime() - began;
    done.complete(sums);
  }
}
