package dev.tallygate.raft.state;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Tables on the heap: for simulations and tests, and the plainest statement of what a {@link Table}
 * does.
 */
public final class HeapTables implements Tables {
  private final Map<TableId, HeapTable> tables = new EnumMap<>(TableId.class);
  private final ConcurrentSkipListMap<Long, HeapTable> requests = new ConcurrentSkipListMap<>();

  public HeapTables() {
    for (TableId id : TableId.values()) if (id != TableId.REQUESTS) tables.put(id, new HeapTable());
  }

  @Override
  public Table table(TableId id) {
    HeapTable table = tables.get(id);
    if (table == null) throw new IllegalArgumentException(id + " is a table for each minute");
    return table;
  }

  @Override
  public Table openRequests(long minute) {
    return requests.computeIfAbsent(minute, m -> new HeapTable());
  }

  @Override
  public @Nullable Table requests(long minute) {
    return requests.get(minute);
  }

  @Override
  public void dropRequests(long minute) {
    requests.remove(minute);
  }

  @Override
  public long[] requestMinutes() {
    return requests.keySet().stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public void clear() {
    for (HeapTable table : tables.values()) table.rows.clear();
    requests.clear();
  }

  /** Copies all rows into other tables, which must be empty: a snapshot, as simulations take it. */
  public void copyTo(Tables other) {
    for (Map.Entry<TableId, HeapTable> table : tables.entrySet())
      table.getValue().forEach(other.table(table.getKey())::put);
    for (Map.Entry<Long, HeapTable> minute : requests.entrySet())
      minute.getValue().forEach(other.openRequests(minute.getKey())::put);
  }

  private static final class HeapTable implements Table {
    private final ConcurrentHashMap<Bytes, byte[]> rows = new ConcurrentHashMap<>();

    @Override
    public boolean get(Bytes key, Bytes row) {
      byte[] found = rows.get(key);
      if (found == null) return false;
      row.set(found, 0, found.length);
      return true;
    }

    @Override
    public void put(Bytes key, Bytes row) {
      rows.put(Bytes.of(key.copy()), row.copy());
    }

    /** Proves what other tables may rely on: that nobody inserts what is there. */
    @Override
    public void insert(Bytes key, Bytes row) {
      if (rows.put(Bytes.of(key.copy()), row.copy()) != null)
        throw new IllegalStateException("a row is inserted that was there");
    }

    @Override
    public boolean remove(Bytes key) {
      return rows.remove(key) != null;
    }

    @Override
    public long count() {
      return rows.size();
    }

    @Override
    public void forEach(Visitor visitor) {
      rows.forEach((key, row) -> visitor.visit(key, Bytes.of(row.clone())));
    }
  }
}
