package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.Tables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot file read as tables, for an audit: rows are visited straight from the file, so that
 * memory need not hold them. Only sessions can be looked up, without their checksum, which visiting
 * them has checked. Cannot be written. One thread.
 */
final class SnapshotTables implements Tables {
  private static final int SECOND = Long.BYTES;
  private static final int SLOT_BYTES = 2 * Long.BYTES;

  private final SnapshotIn in;
  private final SecretHash secret = SecretHash.fresh();
  private final Map<TableId, FileTable> tables = new EnumMap<>(TableId.class);
  private final TreeMap<Long, FileTable> minutes = new TreeMap<>();

  /** Reads the file once, checking it, and notes where the rows of each table are. */
  SnapshotTables(SnapshotIn in) throws IOException {
    this.in = in;
    for (TableId id : TableId.values()) tables.put(id, new FileTable());
    in.read((id, generation, key, row) -> fileTable(id, generation).note(in.at()));
    fileTable(TableId.SESSIONS, 0).indexed();
  }

  private FileTable fileTable(TableId id, long generation) {
    if (id == TableId.REQUESTS)
      return minutes.computeIfAbsent(generation, minute -> new FileTable());
    FileTable table = tables.get(id);
    if (table == null) throw new IllegalArgumentException("no table " + id);
    return table;
  }

  @Override
  public Table table(TableId id) {
    return fileTable(id, 0);
  }

  @Override
  public Table openRequests(long minute) {
    throw readOnly();
  }

  @Override
  public @Nullable Table requests(long minute) {
    return minutes.get(minute);
  }

  @Override
  public void dropRequests(long minute) {
    throw readOnly();
  }

  @Override
  public long[] requestMinutes() {
    return minutes.keySet().stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public void clear() {
    throw readOnly();
  }

  private static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException("a snapshot file is not written");
  }

  private final class FileTable implements Table {
    private final List<Long> chunks = new ArrayList<>();
    private long rows;

    /** Hash of the key and the row's second number, of each row; both 0 in an empty slot. */
    private @Nullable LongBuffer index;

    private int mask;

    void note(long chunk) {
      rows++;
      if (chunks.isEmpty() || chunks.getLast() != chunk) chunks.add(chunk);
    }

    /**
     * Makes rows of sixteen bytes findable. Outside the heap, since there are as many as sessions.
     * Two keys of one hash, one time in millions of snapshots, would look like a damaged one; the
     * hash is another for each audit, so that nobody can choose two.
     */
    void indexed() {
      int slots = Math.toIntExact(Long.highestOneBit(Math.max(8, rows)) * 4);
      LongBuffer made = ByteBuffer.allocateDirect(slots * SLOT_BYTES).asLongBuffer();
      mask = slots - 1;
      forEach(
          (key, row) -> {
            long hash = hash(key);
            int slot = slot(made, hash);
            made.put(2 * slot, hash);
            made.put(2 * slot + 1, row.getLong(SECOND));
          });
      index = made;
    }

    private int slot(LongBuffer of, long hash) {
      int slot = (int) hash & mask;
      while (of.get(2 * slot) != 0 && of.get(2 * slot) != hash) slot = (slot + 1) & mask;
      return slot;
    }

    private long hash(Bytes key) {
      long hash = secret.of(key);
      return hash == 0 ? 1 : hash;
    }

    @Override
    public boolean get(Bytes key, Bytes row) {
      if (index == null)
        throw new UnsupportedOperationException("rows of this table are not indexed");
      long hash = hash(key);
      int slot = slot(index, hash);
      if (index.get(2 * slot) != hash) return false;
      row.length(SLOT_BYTES).setLong(SECOND, index.get(2 * slot + 1));
      return true;
    }

    @Override
    public void put(Bytes key, Bytes row) {
      throw readOnly();
    }

    @Override
    public boolean remove(Bytes key) {
      throw readOnly();
    }

    @Override
    public long count() {
      return rows;
    }

    @Override
    public void forEach(Visitor visitor) {
      try {
        for (long chunk : chunks)
          in.chunk(chunk, (id, generation, key, row) -> visitor.visit(key, row));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
