package dev.tallygate.raft.store;

import java.io.Closeable;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mapped file in which all tables live, in blocks of 256 KiB that are lent to one table at a
 * time. It grows by regions of 64 blocks and never shrinks: what a dropped minute of request rows
 * gives back, the next minute takes, in memory that is already there.
 *
 * <p>A place in it is said by an <em>address</em>: bytes from the beginning of the file, divided by
 * sixteen, in 32 bits. Address 0 is nowhere, because block 0 is never lent.
 *
 * <p>Threads: the apply thread takes, gives back and writes. Any thread may read at any address, of
 * any age: mapped memory stays mapped for as long as somebody can reach it, so a reader that was
 * overtaken reads something else, and has to find that out by itself ({@link MappedTable}).
 */
final class Blocks implements Closeable {
  static final int BLOCK_BYTES = 1 << 18;
  static final int UNIT_BYTES = 16;

  /** Addresses in a block. */
  static final int BLOCK_UNITS = BLOCK_BYTES / UNIT_BYTES;

  private static final int REGION_BLOCKS = 64;
  private static final int REGION_BYTES = REGION_BLOCKS * BLOCK_BYTES;
  private static final int REGION_SHIFT = Integer.numberOfTrailingZeros(REGION_BYTES);
  private static final int REGIONS_MAX = 1 << (Integer.SIZE + 4 - REGION_SHIFT);
  private static final int PAGE_BYTES = 4096;
  private static final long CLAIM_MS = 30_000;

  private static final Logger LOG = LoggerFactory.getLogger(Blocks.class);
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle ARRAY_LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final FileChannel channel;

  private volatile MappedByteBuffer[] regions = {};
  private int[] free = new int[REGION_BLOCKS];
  private int freeCount;

  /**
   * The region after the last, claimed ahead: that is milliseconds which apply does not have. Null
   * before the first. Apply thread only.
   */
  private @Nullable FutureTask<MappedByteBuffer> next;

  private Blocks(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens a file, or makes it.
   *
   * @param regionsUsed how many regions of it are in use; the caller then says with {@link
   *     #reclaim} which blocks of them are free
   * @throws IOException if it cannot be opened, or is shorter than that
   */
  static Blocks open(Path file, int regionsUsed) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    Blocks blocks = new Blocks(channel);
    if (channel.size() < (long) regionsUsed * REGION_BYTES) {
      channel.close();
      throw new IOException("table file `" + file.getFileName() + "` is cut short");
    }
    MappedByteBuffer[] found = new MappedByteBuffer[regionsUsed];
    for (int i = 0; i < regionsUsed; i++) found[i] = blocks.map(i);
    blocks.regions = found;
    return blocks;
  }

  int regions() {
    return regions.length;
  }

  /** Blocks that exist, lent or not. */
  int count() {
    return regions.length * REGION_BLOCKS;
  }

  /** Lends a block; what it holds is undefined. */
  int take() {
    if (freeCount == 0) grow();
    return free[--freeCount];
  }

  void giveBack(int block) {
    if (freeCount == free.length) free = Arrays.copyOf(free, 2 * free.length);
    free[freeCount++] = block;
  }

  /** Says that a block of a file that was opened is free. */
  void reclaim(int block) {
    if (block != 0) giveBack(block);
  }

  /** Blocks that nobody has. */
  int freeCount() {
    return freeCount;
  }

  private void grow() {
    int region = regions.length;
    if (region == REGIONS_MAX) throw new TableError("the tables have outgrown 64 GiB", null);
    MappedByteBuffer[] more = Arrays.copyOf(regions, region + 1);
    MappedByteBuffer ready = next == null ? null : result(next);
    more[region] = ready == null ? claimNow(region) : ready;
    regions = more;
    // The lowest first, so that what is young lies together.
    for (int i = REGION_BLOCKS - 1; i >= 0; i--) reclaim(region * REGION_BLOCKS + i);
    next = new FutureTask<>(() -> claim(region + 1));
    Thread.ofPlatform().name("table-space").daemon().start(next);
  }

  private MappedByteBuffer claimNow(int region) {
    try {
      return claim(region);
    } catch (IOException e) {
      throw new TableError("no room for the tables", e);
    }
  }

  /** Waits for it; null where it failed: there may be room again by now. */
  private static @Nullable MappedByteBuffer result(FutureTask<MappedByteBuffer> of) {
    try {
      return of.get(CLAIM_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      LOG.warn("no room could be made ahead for the tables", e.getCause());
      return null;
    } catch (TimeoutException e) {
      throw new TableError("no room for the tables after " + CLAIM_MS + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TableError("interrupted while room for the tables was made", e);
    }
  }

  /**
   * Makes the file longer. Zeros are written, since a hole that cannot be filled later would kill
   * the process; and every page is touched, since the first write to a page costs a fault.
   */
  private MappedByteBuffer claim(int region) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(BLOCK_BYTES);
    long end = (long) (region + 1) * REGION_BYTES;
    for (long at = (long) region * REGION_BYTES; at < end; ) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), end - at));
      at += channel.write(zeros, at);
    }
    MappedByteBuffer mapped = map(region);
    for (int at = 0; at < REGION_BYTES; at += PAGE_BYTES) mapped.put(at, (byte) 0);
    return mapped;
  }

  private MappedByteBuffer map(int region) throws IOException {
    return (MappedByteBuffer)
        channel
            .map(FileChannel.MapMode.READ_WRITE, (long) region * REGION_BYTES, REGION_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
  }

  static int addressOf(int block, int unit) {
    return block * BLOCK_UNITS + unit;
  }

  static int blockOf(int address) {
    return address >>> Integer.numberOfTrailingZeros(BLOCK_UNITS);
  }

  /** Bytes from the beginning of the file. */
  static long at(int address) {
    return Integer.toUnsignedLong(address) * UNIT_BYTES;
  }

  /** Whether bytes can be read there: false for what only an overtaken reader comes by. */
  boolean readable(long at, int bytes) {
    return at >>> REGION_SHIFT < regions.length && (at & REGION_BYTES - 1) + bytes <= REGION_BYTES;
  }

  /** Of a multiple of eight. */
  long getLong(long at) {
    return (long) LONGS.get(regions[(int) (at >>> REGION_SHIFT)], (int) at & REGION_BYTES - 1);
  }

  void putLong(long at, long value) {
    LONGS.set(regions[(int) (at >>> REGION_SHIFT)], (int) at & REGION_BYTES - 1, value);
  }

  int getInt(long at) {
    return (int) INTS.get(regions[(int) (at >>> REGION_SHIFT)], (int) at & REGION_BYTES - 1);
  }

  void putInt(long at, int value) {
    INTS.set(regions[(int) (at >>> REGION_SHIFT)], (int) at & REGION_BYTES - 1, value);
  }

  void get(long at, byte[] into, int offset, int count) {
    regions[(int) (at >>> REGION_SHIFT)].get((int) at & REGION_BYTES - 1, into, offset, count);
  }

  void put(long at, byte[] from, int offset, int count) {
    regions[(int) (at >>> REGION_SHIFT)].put((int) at & REGION_BYTES - 1, from, offset, count);
  }

  /** Whether the first {@code count} bytes of an array stand there. */
  boolean holds(long at, byte[] bytes, int count) {
    MappedByteBuffer region = regions[(int) (at >>> REGION_SHIFT)];
    int offset = (int) at & REGION_BYTES - 1;
    int i = 0;
    for (; i + Long.BYTES <= count; i += Long.BYTES)
      if ((long) LONGS.get(region, offset + i) != (long) ARRAY_LONGS.get(bytes, i)) return false;
    for (; i < count; i++) if (region.get(offset + i) != bytes[i]) return false;
    return true;
  }

  void zero(long at, int bytes) {
    for (int i = 0; i < bytes; i += Long.BYTES) putLong(at + i, 0);
  }

  /**
   * Forces everything to the disk, and grows no more. What is mapped stays so until nobody can
   * reach it.
   */
  @Override
  public void close() throws IOException {
    try {
      MappedByteBuffer unused = next == null ? null : result(next);
      for (MappedByteBuffer region : regions) region.force();
      channel.force(true);
    } finally {
      channel.close();
    }
  }
}
