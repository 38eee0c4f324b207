package dev.tallygate.raft.state;

import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The answers that are kept for retries, a table for each minute of {@code issued_at}: a minute
 * whose every id is too old is dropped as a whole, without looking at its rows.
 */
final class Requests {
  /** Rows and checksums of one minute. */
  private static final class Minute {
    final Rows rows;
    final Digest digest = new Digest();
    long count;

    Minute(Table table) {
      rows = new Rows(TableId.REQUESTS, table, digest);
    }
  }

  private final Tables tables;
  private final Digest digest;
  private final TreeMap<Long, Minute> minutes = new TreeMap<>();
  private long count;
  private long forgottenUs = Long.MIN_VALUE;

  Requests(Tables tables, Digest digest) {
    this.tables = tables;
    this.digest = digest;
  }

  long count() {
    return count;
  }

  boolean find(long minute, Bytes key, Bytes row) {
    Minute of = minutes.get(minute);
    return of != null && of.rows.get(key, row);
  }

  void insert(long minute, Bytes key, Bytes row) {
    Minute of = minutes.computeIfAbsent(minute, m -> new Minute(tables.openRequests(m)));
    long before = of.digest.value();
    of.rows.insert(key, row);
    digest.replace(before, of.digest.value());
    of.count++;
    count++;
  }

  void update(long minute, Bytes key, Bytes row, long checksumBefore) {
    Minute of = minutes.get(minute);
    if (of == null)
      throw new CorruptStateException("request rows of minute " + minute + " are gone");
    long before = of.digest.value();
    of.rows.update(key, row, checksumBefore);
    digest.replace(before, of.digest.value());
  }

  /**
   * What was issued at this instant or before is too old for good: its answer may be gone, even if
   * the window was made longer since.
   */
  long forgottenUs() {
    return forgottenUs;
  }

  /** Drops the minutes whose last id is too old at {@code civilUs}. */
  void dropOld(long civilUs, long windowUs) {
    forgottenUs = Math.max(forgottenUs, civilUs - windowUs);
    Iterator<Map.Entry<Long, Minute>> oldest = minutes.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<Long, Minute> entry = oldest.next();
      if (forgottenUs < (entry.getKey() + 1) * RequestLayout.MINUTE_US) return;
      digest.subtract(entry.getValue().digest.value());
      count -= entry.getValue().count;
      tables.dropRequests(entry.getKey());
      oldest.remove();
    }
  }

  void writeTo(Bytes row) {
    row.addLong(forgottenUs).addInt(minutes.size());
    for (Map.Entry<Long, Minute> entry : minutes.entrySet()) {
      row.addLong(entry.getKey())
          .addLong(entry.getValue().count)
          .addLong(entry.getValue().digest.value());
    }
  }

  /**
   * Returns the offset behind what was read. The digest of all rows is not touched: it was restored
   * as a whole.
   */
  int readFrom(Bytes row, int offset) {
    minutes.clear();
    count = 0;
    forgottenUs = row.getLong(offset);
    int at = offset + Long.BYTES + Integer.BYTES;
    for (int left = row.getInt(offset + Long.BYTES); left > 0; left--) {
      Minute minute = new Minute(tables.openRequests(row.getLong(at)));
      minute.count = row.getLong(at + Long.BYTES);
      minute.digest.set(row.getLong(at + 2 * Long.BYTES));
      minutes.put(row.getLong(at), minute);
      count += minute.count;
      at += 3 * Long.BYTES;
    }
    return at;
  }

  /** The sum over all minutes, as META says. */
  long checksums() {
    long sum = 0;
    for (Minute minute : minutes.values()) sum += minute.digest.value();
    return sum;
  }
}
