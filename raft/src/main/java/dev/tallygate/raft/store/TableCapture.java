package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Checksum;
import dev.tallygate.raft.state.TableId;
import java.util.Arrays;
import net.openhft.chronicle.map.MapEntry;
import net.openhft.chronicle.map.MapSegmentContext;
import org.jspecify.annotations.Nullable;

/**
 * One table as it was when a snapshot began, copied while apply goes on.
 *
 * <p>The table is copied segment by segment. Before apply changes a row of a segment that is not
 * copied yet, it keeps the row as it was, once for each key; such rows are taken from there, and
 * what the table holds under their keys is passed over. Copying and changing take turns (see {@link
 * Turn}), so the copy is exact. The alternative, copying the mapped memory while apply stands
 * still, needs as much memory again, touched in advance, and catches the locks that readers hold at
 * that moment.
 */
final class TableCapture {
  /** Takes the rows. Must not keep the buffers. */
  interface RowSink {
    void row(Bytes key, Bytes row);
  }

  private final TableId id;
  private final long generation;
  private final MapFile file;
  private final UndoLog log;
  private final boolean[] copied;
  private final @Nullable Images[] images;
  private final int stripe;
  private final Bytes before = new Bytes(512);
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(512);
  private boolean overflown;

  TableCapture(TableId id, long generation, MapFile file, UndoLog log) {
    this.id = id;
    this.generation = generation;
    this.file = file;
    this.log = log;
    copied = new boolean[file.map().segments()];
    images = new Images[file.map().segments()];
    // Counts as a reader until the end, so that a table that is dropped meanwhile stays mapped.
    stripe = file.gate.enter();
    if (stripe < 0) throw new IllegalStateException("table " + id + " is gone");
  }

  TableId id() {
    return id;
  }

  /** The minute of a table of request rows; else 0. */
  long generation() {
    return generation;
  }

  int segments() {
    return copied.length;
  }

  /** True where more was overwritten than may be kept: the copy is of no use. */
  boolean overflown() {
    return overflown;
  }

  /**
   * Keeps a row that is about to be changed.
   *
   * @param entry null where there is no row yet
   */
  void before(int segment, Bytes key, @Nullable MapEntry<Bytes, Bytes> entry) {
    if (copied[segment] || overflown) return;
    Images kept = images[segment];
    if (kept == null) images[segment] = kept = new Images();
    if (kept.find(log, key)) return;
    int address = log.append(key, entry == null ? null : entry.value().getUsing(before));
    if (address == UndoLog.FULL) overflown = true;
    else kept.add(key, address);
  }

  /** Copies one segment, once. */
  void copy(int segment, RowSink sink) {
    Images kept = images[segment];
    copied[segment] = true;
    images[segment] = null;
    try (MapSegmentContext<Bytes, Bytes, ?> context = file.map().segmentContext(segment)) {
      context.forEachSegmentEntry(
          entry -> {
            entry.key().getUsing(key);
            if (kept != null && kept.find(log, key)) return;
            entry.value().getUsing(row);
            sink.row(key, row);
          });
    }
    if (kept == null) return;
    for (int address : kept.addresses()) if (log.read(address, key, row)) sink.row(key, row);
  }

  /** Lets go of the table. Once. */
  void end() {
    file.gate.leave(stripe);
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
    private int size;

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

    private static int hash(Bytes key) {
      return (int) (Checksum.of(0, key.array(), 0, key.length()) >>> 32);
    }
  }
}
