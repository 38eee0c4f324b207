package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One table as it was when a snapshot began, copied while apply goes on.
 *
 * <p>The table is copied segment by segment. Before apply changes a row of a segment that is not
 * copied yet, it keeps the row as it was, once for each key; such rows are taken from there, and
 * what the table holds under their keys is passed over. Copying and changing take turns (see {@link
 * Turn}), so the copy is exact. The alternative, copying the mapped memory while apply stands
 * still, needs as much memory again, touched in advance.
 */
final class TableCapture {
  private final MappedTable table;
  private final UndoLog log;
  private final SecretHash hash;
  private final boolean[] copied;
  private final @Nullable Images[] images;
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(512);
  private boolean overflown;

  TableCapture(MappedTable table, UndoLog log, SecretHash hash) {
    this.table = table;
    this.log = log;
    this.hash = hash;
    copied = new boolean[table.segments()];
    images = new Images[table.segments()];
  }

  TableId id() {
    return table.id();
  }

  /** The minute of a table of request rows; else 0. */
  long generation() {
    return table.generation();
  }

  int segments() {
    return copied.length;
  }

  /** Whether a segment may change without being shown to this. */
  boolean has(int segment) {
    return copied[segment] || overflown;
  }

  /** True where more was overwritten than may be kept: the copy is of no use. */
  boolean overflown() {
    return overflown;
  }

  /**
   * Keeps a row that is about to be changed, of a segment that this does not have.
   *
   * @param before null where there is no row yet
   */
  void before(int segment, Bytes key, @Nullable Bytes before) {
    Images kept = images[segment];
    if (kept == null) images[segment] = kept = new Images(hash);
    if (kept.find(log, key)) return;
    int address = log.append(key, before);
    if (address == UndoLog.FULL) overflown = true;
    else kept.add(key, address);
  }

  /** Copies one segment, once. */
  void copy(int segment, Table.Visitor sink) {
    Images kept = images[segment];
    copied[segment] = true;
    images[segment] = null;
    if (!table.isEmpty(segment))
      table.forEach(
          segment,
          key,
          row,
          (k, r) -> {
            if (kept == null || !kept.find(log, k)) sink.visit(k, r);
          });
    if (kept == null) return;
    for (int address : kept.addresses()) if (log.read(address, key, row)) sink.visit(key, row);
  }

  /**
   * Which keys of one segment are in the log: open addressing over addresses, never more than half
   * full.
   */
  private static final class Images {
    private static final int NONE = -1;
    private static final int CAPACITY = 16;

    private int[] slots = empty(CAPACITY);
    private int[] hashes = new int[CAPACITY];
    private final SecretHash hash;
    private int size;

    Images(SecretHash hash) {
      this.hash = hash;
    }

    boolean find(UndoLog log, Bytes key) {
      int hash = hash(key);
      for (int at = hash & (slots.length - 1);
          slots[at] != NONE;
          at = (at + 1) & (slots.length - 1))
        if (hashes[at] == hash && log.keyIs(slots[at], key)) return true;
      return false;
    }

    void add(Bytes key, int address) {
      if (2 * (size + 1) > slots.length) grow();
      insert(hash(key), address);
      size++;
    }

    int[] addresses() {
      return Arrays.stream(slots).filter(address -> address != NONE).toArray();
    }

    private void insert(int hash, int address) {
      int at = hash & (slots.length - 1);
      while (slots[at] != NONE) at = (at + 1) & (slots.length - 1);
      slots[at] = address;
      hashes[at] = hash;
    }

    private void grow() {
      int[] oldSlots = slots;
      int[] oldHashes = hashes;
      slots = empty(2 * oldSlots.length);
      hashes = new int[slots.length];
      for (int i = 0; i < oldSlots.length; i++)
        if (oldSlots[i] != NONE) insert(oldHashes[i], oldSlots[i]);
    }

    private static int[] empty(int capacity) {
      int[] slots = new int[capacity];
      Arrays.fill(slots, NONE);
      return slots;
    }

    private int hash(Bytes key) {
      return (int) (hash.of(key) >>> Integer.SIZE);
    }
  }
}
