package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.Tables;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every implementation of {@link Tables} must do; run on each of them. */
@Timeout(60)
abstract class TablesContract {
  private static final long MINUTE = 29_000_000;

  abstract Tables tables();

  @Test
  void table_randomWrites_agreesWithPlainMap() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (TableId id : TableId.values()) {
      Table table = id == TableId.REQUESTS ? tables().openRequests(MINUTE) : tables().table(id);
      agrees(table, random, 20_000);
    }
  }

  private static void agrees(Table table, SplittableRandom random, int steps) {
    Map<Bytes, Bytes> model = new HashMap<>();
    Bytes row = new Bytes(16);
    for (int step = 0; step < steps; step++) {
      Bytes key = Bytes.of(bytes(random.nextInt(500), 1 + random.nextInt(3)));
      switch (random.nextInt(4)) {
        case 0 -> {
          assertThat(table.remove(key)).isEqualTo(model.remove(key) != null);
        }
        case 1 -> {
          Bytes expected = model.get(key);
          assertThat(table.get(key, row)).isEqualTo(expected != null);
          if (expected != null) assertThat(row.copy()).isEqualTo(expected.copy());
        }
        default -> {
          Bytes value = Bytes.of(bytes(random.nextLong(), random.nextInt(300)));
          table.put(key, value);
          model.put(key, value);
        }
      }
    }
    assertThat(table.count()).isEqualTo(model.size());
    Map<Bytes, Bytes> seen = new HashMap<>();
    table.forEach((k, v) -> seen.put(Bytes.of(k.copy()), Bytes.of(v.copy())));
    assertThat(seen).isEqualTo(model);
  }

  @Test
  void put_keyAndRowAtBounds_readBackWhole() {
    for (TableId id : TableId.values()) {
      Table table = id == TableId.REQUESTS ? tables().openRequests(MINUTE) : tables().table(id);
      Bytes longest = Bytes.of(bytes(1, Table.BYTES_MAX));
      Bytes row = new Bytes(0);
      table.put(longest, longest);
      table.put(Bytes.ofUtf8("empty"), new Bytes(0));
      assertThat(table.get(longest, row)).isTrue();
      assertThat(row).isEqualTo(longest);
      assertThat(table.get(Bytes.ofUtf8("empty"), row)).isTrue();
      assertThat(row.length()).isZero();
    }
  }

  @Test
  void put_sameBuffersAgain_copiesWereMade() {
    Table table = tables().table(TableId.LEASES);
    Bytes key = new Bytes(8);
    Bytes row = new Bytes(8);
    for (int i = 0; i < 1_000; i++) {
      key.clear().addLong(i);
      row.clear().addLong(2L * i);
      table.put(key, row);
    }
    for (int i = 0; i < 1_000; i++) {
      assertThat(table.get(key.clear().addLong(i), row)).isTrue();
      assertThat(row.getLong(0)).isEqualTo(2L * i);
    }
  }

  @Test
  void requests_minuteDropped_otherMinutesStay() {
    Bytes key = Bytes.ofUtf8("id");
    Bytes row = new Bytes(8);
    for (long minute = MINUTE; minute < MINUTE + 5; minute++)
      tables().openRequests(minute).put(key, row.clear().addLong(minute));
    Table held = tables().openRequests(MINUTE + 1);
    tables().dropRequests(MINUTE + 1);
    assertThat(tables().requestMinutes())
        .containsExactly(MINUTE, MINUTE + 2, MINUTE + 3, MINUTE + 4);
    assertThat(tables().requests(MINUTE + 1)).isNull();
    // Who still holds it reads the row as it was, or nothing.
    if (held.get(key, row)) assertThat(row.getLong(0)).isEqualTo(MINUTE + 1);
    assertThat(tables().openRequests(MINUTE + 1).count()).isZero();
    assertThat(tables().openRequests(MINUTE + 2).get(key, row)).isTrue();
    assertThat(row.getLong(0)).isEqualTo(MINUTE + 2);
  }

  @Test
  void clear_rowsEverywhere_nothingIsLeft() {
    for (TableId id : TableId.values())
      if (id != TableId.REQUESTS) tables().table(id).put(Bytes.ofUtf8("k"), Bytes.ofUtf8("v"));
    tables().openRequests(MINUTE).put(Bytes.ofUtf8("k"), Bytes.ofUtf8("v"));
    Table leases = tables().table(TableId.LEASES);
    tables().clear();
    assertThat(tables().requestMinutes()).isEmpty();
    for (TableId id : TableId.values())
      if (id != TableId.REQUESTS) assertThat(tables().table(id).count()).isZero();
    leases.put(Bytes.ofUtf8("again"), Bytes.ofUtf8("v"));
    assertThat(tables().table(TableId.LEASES).get(Bytes.ofUtf8("again"), new Bytes(0))).isTrue();
  }

  /**
   * A row holds one number twice; a reader that ever sees two different ones saw half of a write.
   */
  @Test
  void get_whileWritten_neverHalfARow() throws InterruptedException {
    Table table = tables().table(TableId.POOLS);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<String> fault = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(2);
    for (int reader = 0; reader < 2; reader++)
      Thread.ofPlatform()
          .start(
              () -> {
                try {
                  Bytes key = new Bytes(8);
                  Bytes row = new Bytes(64);
                  for (long i = 0; !stop.get(); i++)
                    if (table.get(key.clear().addLong(i % 16), row)) whole(row);
                } catch (RuntimeException | AssertionError e) {
                  fault.set(e.toString());
                } finally {
                  done.countDown();
                }
              });
    Bytes key = new Bytes(8);
    Bytes row = new Bytes(64);
    for (long i = 0; i < 200_000; i++) {
      row.clear().addLong(i);
      for (long pad = i % 7; pad > 0; pad--) row.addLong(pad);
      table.put(key.clear().addLong(i % 16), row.addLong(i));
      if (i % 1_000 == 0) table.remove(key);
    }
    stop.set(true);
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(fault.get()).isNull();
  }

  private static void whole(Bytes row) {
    long first = row.getLong(0);
    if (first != row.getLong(row.length() - Long.BYTES) || row.length() != 16 + 8 * (first % 7))
      throw new AssertionError("half a row at " + first);
  }

  static byte[] bytes(long seed, int length) {
    byte[] made = new byte[length];
    long state = seed;
    for (int i = 0; i < length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      made[i] = (byte) (state >>> 56);
    }
    return made;
  }
}
