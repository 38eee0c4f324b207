package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Audit;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One table in mapped memory: a hash index of open addressing over rows. The upper bits of a key's
 * hash choose one of a fixed number of segments; each segment has an index of its own, which
 * doubles when it is three quarters full, so that growing is many small steps.
 *
 * <pre>
 * slot of an index, 8 bytes      row, 16 bytes aligned
 *  0  u32  lower half of hash     0  u32  length of the key
 *  4  u32  address of the row     4  u32  length of the row
 *     0 in an empty slot          8       key, then row
 * </pre>
 *
 * <p>Threads: one writer, and readers who neither lock nor write. The writer makes a segment's
 * version odd while it changes the segment. A reader copies the row and believes it only if the
 * version was even and is still the same afterwards (a sequence lock); until then it takes nothing
 * that it read for true, neither addresses nor lengths.
 */
final class MappedTable implements Table {
  /** Rows of a segment when the table holds what it is made for. */
  private static final int SEGMENT_ROWS = 1 << 10;

  private static final int SEGMENTS_MAX = 1 << 16;
  private static final int SLOT_BYTES = Long.BYTES;
  private static final int SLOTS_MIN = 8;
  private static final int SLOTS_MAX = Blocks.BLOCK_BYTES / SLOT_BYTES;
  private static final int KEY_LENGTH = 0;
  private static final int ROW_LENGTH = KEY_LENGTH + Integer.BYTES;
  private static final int CONTENT = ROW_LENGTH + Integer.BYTES;
  private static final long TAG = 0xFFFF_FFFFL;
  private static final int SPINS = 64;

  private static final VarHandle VERSIONS = MethodHandles.arrayElementVarHandle(int[].class);

  private final TableId id;
  private final long generation;
  private final Blocks blocks;
  private final SecretHash hash;
  private final Slabs slabs;
  private final int segmentShift;
  private final int[] versions;

  /** Address of each segment's index; 0 before its first row. */
  private final int[] indexes;

  /** Slots of each segment's index, a power of two. */
  private final int[] slots;

  private final int[] rows;

  /** Written by the apply thread only; others read it for metrics. */
  private final AtomicLong count = new AtomicLong();

  private volatile boolean gone;

  // Apply thread only.
  private @Nullable TableCapture capture;
  private final Bytes before = new Bytes(512);
  private long foundSlot;

  /**
   * @param hash this node's own
   */
  MappedTable(TableId id, long generation, Blocks blocks, int segments, SecretHash hash) {
    if (Integer.bitCount(segments) != 1 || segments > SEGMENTS_MAX)
      throw new IllegalArgumentException(segments + " segments");
    this.id = id;
    this.generation = generation;
    this.blocks = blocks;
    this.hash = hash;
    this.slabs = new Slabs(blocks);
    this.segmentShift = Long.SIZE - Integer.numberOfTrailingZeros(segments);
    this.versions = new int[segments];
    this.indexes = new int[segments];
    this.slots = new int[segments];
    this.rows = new int[segments];
  }

  /** Segments for a table that is made for so many rows; it may hold twenty times as many. */
  static int segmentsFor(long rows) {
    long wanted = Math.clamp(rows / SEGMENT_ROWS, 1, SEGMENTS_MAX);
    return Math.toIntExact(Long.highestOneBit(wanted));
  }

  TableId id() {
    return id;
  }

  /** The minute of a table of request rows; else 0. */
  long generation() {
    return generation;
  }

  int segments() {
    return versions.length;
  }

  private int segment(long hash) {
    // A shift by 64 would be one by 0.
    return versions.length == 1 ? 0 : (int) (hash >>> segmentShift);
  }

  private long hash(Bytes key) {
    return hash.of(key);
  }

  @Override
  public boolean get(Bytes key, Bytes row) {
    long hash = hash(key);
    int segment = segment(hash);
    for (int tries = 1; ; tries++) {
      int version = (int) VERSIONS.getAcquire(versions, segment);
      if ((version & 1) == 0) {
        int found = read(segment, hash, key, row);
        VarHandle.acquireFence();
        if (version == (int) VERSIONS.getOpaque(versions, segment)) {
          if (found < 0) throw damaged(segment);
          return found > 0;
        }
      } else if (gone) {
        return false;
      }
      if (tries % SPINS == 0) Thread.yield();
      else Thread.onSpinWait();
    }
  }

  /** 1 where a row was copied, 0 where there is none, -1 where what was read makes no sense. */
  private int read(int segment, long hash, Bytes key, Bytes row) {
    long index = Blocks.at(indexes[segment]);
    int mask = slots[segment] - 1;
    if (index == 0 || mask < 0) return 0;
    if (!blocks.readable(index, SLOT_BYTES * (mask + 1))) return -1;
    int at = (int) hash & mask;
    for (int steps = 0; steps <= mask; steps++, at = (at + 1) & mask) {
      long slot = blocks.getLong(index + (long) at * SLOT_BYTES);
      if (slot == 0) return 0;
      if ((slot & TAG) != (hash & TAG)) continue;
      int address = (int) (slot >>> Integer.SIZE);
      if (!isRow(address)) return -1;
      long place = Blocks.at(address);
      if (blocks.getInt(place + KEY_LENGTH) != key.length()) continue;
      // Read once: the bounds must hold for the very number that is used.
      int rowLength = blocks.getInt(place + ROW_LENGTH);
      if (!isRow(place, key.length(), rowLength)) return -1;
      if (!blocks.holds(place + CONTENT, key.array(), key.length())) continue;
      row.length(rowLength);
      blocks.get(place + CONTENT + key.length(), row.array(), 0, rowLength);
      return 1;
    }
    return -1;
  }

  @Override
  public void put(Bytes key, Bytes row) {
    check(key, row);
    long hash = hash(key);
    int segment = segment(hash);
    int address = find(segment, hash, key);
    keep(segment, key, address);
    if (address == 0) {
      add(segment, hash, key, row);
      return;
    }
    int next = replacement(address, key, row);
    begin(segment);
    if (next == address) {
      write(address, key, row);
    } else {
      write(next, key, row);
      blocks.putLong(foundSlot, slot(hash, next));
      slabs.free(address);
    }
    end(segment);
  }

  @Override
  public void insert(Bytes key, Bytes row) {
    check(key, row);
    long hash = hash(key);
    int segment = segment(hash);
    keep(segment, key, 0);
    add(segment, hash, key, row);
  }

  @Override
  public boolean remove(Bytes key) {
    long hash = hash(key);
    int segment = segment(hash);
    int address = find(segment, hash, key);
    if (address == 0) return false;
    keep(segment, key, address);
    begin(segment);
    close(segment, foundSlot);
    slabs.free(address);
    rows[segment]--;
    end(segment);
    addToCount(-1);
    return true;
  }

  private void check(Bytes key, Bytes row) {
    if (row.length() > BYTES_MAX || key.length() > BYTES_MAX)
      throw new IllegalArgumentException(
          Text.of(
              "row of %s: `%d` + `%d` bytes, each at most `%d`",
              id, key.length(), row.length(), BYTES_MAX));
  }

  /** The writer's own search: the row's address, or 0; {@link #foundSlot} is where it says so. */
  private int find(int segment, long hash, Bytes key) {
    if (indexes[segment] == 0) return 0;
    long index = Blocks.at(indexes[segment]);
    int mask = slots[segment] - 1;
    int at = (int) hash & mask;
    for (int steps = 0; steps <= mask; steps++, at = (at + 1) & mask) {
      long slot = blocks.getLong(index + (long) at * SLOT_BYTES);
      if (slot == 0) return 0;
      if ((slot & TAG) != (hash & TAG)) continue;
      int address = (int) (slot >>> Integer.SIZE);
      if (!isRow(address)) throw damaged(segment);
      long place = Blocks.at(address);
      if (blocks.getInt(place + KEY_LENGTH) != key.length()) continue;
      if (!blocks.holds(place + CONTENT, key.array(), key.length())) continue;
      foundSlot = index + (long) at * SLOT_BYTES;
      return address;
    }
    throw damaged(segment);
  }

  private int replacement(int address, Bytes key, Bytes row) {
    int bytes = CONTENT + key.length() + row.length();
    int bytesNow = CONTENT + key.length() + blocks.getInt(Blocks.at(address) + ROW_LENGTH);
    return Slabs.sameClass(bytes, bytesNow) ? address : slabs.allocate(bytes);
  }

  private void add(int segment, long hash, Bytes key, Bytes row) {
    int address = slabs.allocate(CONTENT + key.length() + row.length());
    // Room may have to be waited for: not while readers wait for this segment.
    int larger = 4 * (rows[segment] + 1) > 3 * slots[segment] ? rehashed(segment) : 0;
    begin(segment);
    if (larger != 0) exchangeIndex(segment, larger);
    write(address, key, row);
    set(Blocks.at(indexes[segment]), slots[segment] - 1, slot(hash, address));
    rows[segment]++;
    end(segment);
    addToCount(1);
  }

  private void write(int address, Bytes key, Bytes row) {
    long place = Blocks.at(address);
    blocks.putInt(place + KEY_LENGTH, key.length());
    blocks.putInt(place + ROW_LENGTH, row.length());
    blocks.put(place + CONTENT, key.array(), 0, key.length());
    blocks.put(place + CONTENT + key.length(), row.array(), 0, row.length());
  }

  private static long slot(long hash, int address) {
    return (long) address << Integer.SIZE | hash & TAG;
  }

  /** Puts a slot where the next empty one is. */
  private void set(long index, int mask, long slot) {
    int at = (int) slot & mask;
    while (blocks.getLong(index + (long) at * SLOT_BYTES) != 0) at = (at + 1) & mask;
    blocks.putLong(index + (long) at * SLOT_BYTES, slot);
  }

  /** Empties a slot and moves up those behind it that would not be found any more. */
  private void close(int segment, long emptied) {
    long index = Blocks.at(indexes[segment]);
    int mask = slots[segment] - 1;
    int hole = (int) ((emptied - index) / SLOT_BYTES);
    for (int at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      long slot = blocks.getLong(index + (long) at * SLOT_BYTES);
      if (slot == 0) break;
      int home = (int) slot & mask;
      // It may move up only if its home is not behind the hole.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      blocks.putLong(index + (long) hole * SLOT_BYTES, slot);
      hole = at;
    }
    blocks.putLong(index + (long) hole * SLOT_BYTES, 0);
  }

  private int slotsNext(int segment) {
    return Math.max(SLOTS_MIN, 2 * slots[segment]);
  }

  /** Makes an index of twice the size, which nobody knows of yet. */
  private int rehashed(int segment) {
    int slotsNext = slotsNext(segment);
    if (slotsNext > SLOTS_MAX)
      throw new TableError(Text.of("table %s of `%d` rows is full", id, count.get()), null);
    int next = slabs.allocate(slotsNext * SLOT_BYTES);
    long to = Blocks.at(next);
    blocks.zero(to, slotsNext * SLOT_BYTES);
    long from = Blocks.at(indexes[segment]);
    for (int i = 0; i < slots[segment]; i++) {
      long slot = blocks.getLong(from + (long) i * SLOT_BYTES);
      if (slot != 0) set(to, slotsNext - 1, slot);
    }
    return next;
  }

  private void exchangeIndex(int segment, int larger) {
    if (slots[segment] != 0) slabs.free(indexes[segment]);
    slots[segment] = slotsNext(segment);
    indexes[segment] = larger;
  }

  private void begin(int segment) {
    VERSIONS.setOpaque(versions, segment, versions[segment] + 1);
    VarHandle.storeStoreFence();
  }

  private void end(int segment) {
    VERSIONS.setRelease(versions, segment, versions[segment] + 1);
  }

  /** Shows a row to the snapshot that is being taken, before it changes. */
  private void keep(int segment, Bytes key, int address) {
    if (capture == null || capture.has(segment)) return;
    capture.before(segment, key, address == 0 ? null : rowAt(address, before));
  }

  private Bytes rowAt(int address, Bytes into) {
    long place = Blocks.at(address);
    int length = blocks.getInt(place + ROW_LENGTH);
    blocks.get(
        place + CONTENT + blocks.getInt(place + KEY_LENGTH),
        into.length(length).array(),
        0,
        length);
    return into;
  }

  private Bytes keyAt(int address, Bytes into) {
    long place = Blocks.at(address);
    int length = blocks.getInt(place + KEY_LENGTH);
    blocks.get(place + CONTENT, into.length(length).array(), 0, length);
    return into;
  }

  @Override
  public long count() {
    return count.get();
  }

  private void addToCount(int more) {
    count.setRelease(count.getPlain() + more);
  }

  /** Visits every row, and proves of each that a look-up finds it. */
  @Override
  public void forEach(Visitor visitor) {
    Bytes key = new Bytes(64);
    Bytes row = new Bytes(512);
    for (int segment = 0; segment < segments(); segment++)
      visit(segment, key, row, visitor, /* proving= */ true);
  }

  /** Visits the rows of one segment, copied into these buffers. In turn. */
  void forEach(int segment, Bytes key, Bytes row, Visitor visitor) {
    visit(segment, key, row, visitor, /* proving= */ false);
  }

  private void visit(int segment, Bytes key, Bytes row, Visitor visitor, boolean proving) {
    long index = Blocks.at(indexes[segment]);
    for (int i = 0; i < slots[segment]; i++) {
      long slot = blocks.getLong(index + (long) i * SLOT_BYTES);
      if (slot == 0) continue;
      int address = (int) (slot >>> Integer.SIZE);
      if (!isRow(address)) throw damaged(segment);
      keyAt(address, key);
      if (proving && !isFound(segment, key, address)) throw damaged(segment);
      visitor.visit(key, rowAt(address, row));
    }
  }

  /** A row's checksum says nothing of the index: a row that no look-up finds is a lost one. */
  private boolean isFound(int segment, Bytes key, int address) {
    long hash = hash(key);
    return segment(hash) == segment && find(segment, hash, key) == address;
  }

  /** Whether there can be a row, as far as its lengths say. */
  private boolean isRow(int address) {
    // Block 0 is nobody's: what leads there was damaged, and reads as an empty row.
    if (Blocks.blockOf(address) == 0) return false;
    long place = Blocks.at(address);
    if (!blocks.readable(place, CONTENT)) return false;
    return isRow(place, blocks.getInt(place + KEY_LENGTH), blocks.getInt(place + ROW_LENGTH));
  }

  private boolean isRow(long place, int keyLength, int rowLength) {
    return Math.min(keyLength, rowLength) >= 0
        && Math.max(keyLength, rowLength) <= BYTES_MAX
        && blocks.readable(place, CONTENT + keyLength + rowLength);
  }

  private CorruptStateException damaged(int segment) {
    return new CorruptStateException(
        Text.of(
            "segment `%d` of table %s is damaged: slots and rows do not belong together",
            segment, id));
  }

  boolean isEmpty(int segment) {
    return rows[segment] == 0;
  }

  /** Checks the checksums of the rows of one segment; true where it has any. In turn. */
  boolean check(int segment) {
    if (isEmpty(segment)) return false;
    visit(
        segment,
        new Bytes(64),
        new Bytes(512),
        (key, row) -> Audit.row(id, key, row),
        /* proving= */ true);
    return true;
  }

  boolean isGone() {
    return gone;
  }

  /** Begins to keep what is overwritten. Apply thread. */
  TableCapture capture(UndoLog log) {
    capture = new TableCapture(this, log, hash);
    return capture;
  }

  /** Stops to keep what is overwritten. Apply thread. */
  void captured() {
    capture = null;
  }

  boolean isCaptured() {
    return capture != null;
  }

  /** Readers find nothing here any more. Its rows stay for a snapshot that has not read them. */
  void hide() {
    gone = true;
    for (int segment = 0; segment < segments(); segment++) begin(segment);
  }

  /** Gives its memory back, after {@link #hide}. */
  void release() {
    slabs.releaseAll();
  }

  /** Drops all rows. Readers find either some or none of them meanwhile. Apply thread. */
  void clear() {
    capture = null;
    for (int segment = 0; segment < segments(); segment++) begin(segment);
    slabs.releaseAll();
    for (int segment = 0; segment < segments(); segment++) {
      indexes[segment] = 0;
      slots[segment] = 0;
      rows[segment] = 0;
      end(segment);
    }
    count.setRelease(0);
  }

  /** Writes where everything is, for {@link #restore}. */
  void save(Bytes out) {
    out.addInt(id.number()).addLong(generation).addInt(segments()).addLong(count.get());
    for (int segment = 0; segment < segments(); segment++)
      out.addInt(indexes[segment]).addInt(slots[segment]).addInt(rows[segment]);
    int at = out.length();
    int saved = 0;
    out.addInt(0);
    for (Slabs.Slab slab : slabs.slabs()) {
      out.addInt(slab.block).addInt(slab.sizeClass).addInt(slab.live);
      out.addInt(slab.free).addInt(slab.fresh);
      saved++;
    }
    out.setInt(at, saved);
  }

  /** Takes over what {@link #save} wrote, behind the number of segments. */
  int restore(Bytes in, int offset, boolean[] lent) {
    int at = offset;
    count.setRelease(in.getLong(at));
    at += Long.BYTES;
    for (int segment = 0; segment < segments(); segment++) {
      indexes[segment] = in.getInt(at);
      slots[segment] = in.getInt(at + Integer.BYTES);
      rows[segment] = in.getInt(at + 2 * Integer.BYTES);
      at += 3 * Integer.BYTES;
    }
    int left = in.getInt(at);
    at += Integer.BYTES;
    for (; left > 0; left--) {
      Slabs.Slab slab = new Slabs.Slab(in.getInt(at), in.getInt(at + Integer.BYTES));
      slab.live = in.getInt(at + 2 * Integer.BYTES);
      slab.free = in.getInt(at + 3 * Integer.BYTES);
      slab.fresh = in.getInt(at + 4 * Integer.BYTES);
      at += 5 * Integer.BYTES;
      slabs.restore(slab);
      lent[slab.block] = true;
    }
    return at;
  }
}
