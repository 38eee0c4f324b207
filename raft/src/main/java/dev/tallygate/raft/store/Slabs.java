package dev.tallygate.raft.store;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory of one table, in pieces of any size up to a block: each of its {@link Blocks} is cut
 * into pieces of one size class, and is given back when the last of them is free. So a table that
 * empties leaves nothing behind, and pieces that are made one after another, such as the request
 * rows of a minute, lie one behind another.
 *
 * <p>The first four bytes of a free piece are the address of the next free one of its block.
 *
 * <p>Apply thread only.
 */
final class Slabs {
  /*
   * Classes: every multiple of sixteen bytes up to 512; above it four to each doubling, so that less than a fifth of
   * a piece is lost. The obvious alternative, one list of free pieces that are split and merged, needs a word on both
   * sides of each piece and wanders through memory.
   */
  private static final int FINE_UNITS = 32;

  static final int CLASSES = 68;

  /** What is known of one block. */
  static final class Slab {
    final int block;
    final int sizeClass;
    int live;
    int free;
    int fresh;
    boolean listed;

    Slab(int block, int sizeClass) {
      this.block = block;
      this.sizeClass = sizeClass;
    }

    private boolean hasRoom() {
      return free != 0 || fresh + unitsOf(sizeClass) <= Blocks.BLOCK_UNITS;
    }
  }

  /** The blocks of one size class that have room; the last is the one that is used. */
  private static final class Rooms {
    private Slab[] slabs = new Slab[4];
    private int count;

    void add(Slab slab) {
      if (count == slabs.length) slabs = Arrays.copyOf(slabs, 2 * count);
      slab.listed = true;
      slabs[count++] = slab;
    }

    void remove(Slab slab) {
      // The one that is used is the last.
      int at = count - 1;
      while (slabs[at] != slab) at--;
      System.arraycopy(slabs, at + 1, slabs, at, --count - at);
      slab.listed = false;
    }
  }

  private final Blocks blocks;
  private final Rooms[] rooms = new Rooms[CLASSES];
  private final Map<Integer, Slab> slabs = new HashMap<>();

  Slabs(Blocks blocks) {
    this.blocks = blocks;
    for (int i = 0; i < CLASSES; i++) rooms[i] = new Rooms();
  }

  /** Returns the address of a piece of at least so many bytes, whose content is undefined. */
  int allocate(int bytes) {
    int sizeClass = classOf(bytes);
    Rooms of = rooms[sizeClass];
    Slab slab = of.count == 0 ? add(sizeClass) : of.slabs[of.count - 1];
    slab.live++;
    int address = slab.free;
    if (address != 0) {
      slab.free = checked(slab, blocks.getInt(Blocks.at(address)));
    } else {
      address = Blocks.addressOf(slab.block, slab.fresh);
      slab.fresh += unitsOf(sizeClass);
    }
    if (!slab.hasRoom()) of.remove(slab);
    return address;
  }

  /** A link stands in memory that no checksum covers: what it says must at least be possible. */
  private static int checked(Slab slab, int free) {
    if (free == 0) return 0;
    int unit = free & Blocks.BLOCK_UNITS - 1;
    if (Blocks.blockOf(free) != slab.block
        || unit >= slab.fresh
        || unit % unitsOf(slab.sizeClass) != 0)
      throw new TableError("the tables are damaged: a free piece leads out of its block", null);
    return free;
  }

  void free(int address) {
    Slab slab = slabs.get(Blocks.blockOf(address));
    if (slab == null) throw new TableError("a piece of another table is freed", null);
    Rooms of = rooms[slab.sizeClass];
    if (--slab.live == 0) {
      if (slab.listed) of.remove(slab);
      slabs.remove(slab.block);
      blocks.giveBack(slab.block);
      return;
    }
    blocks.putInt(Blocks.at(address), slab.free);
    slab.free = address;
    if (!slab.listed) of.add(slab);
  }

  /** Whether a piece of one size serves for the other as well. */
  static boolean sameClass(int bytes, int otherBytes) {
    return classOf(bytes) == classOf(otherBytes);
  }

  /** Gives every block back. */
  void releaseAll() {
    for (int block : slabs.keySet()) blocks.giveBack(block);
    slabs.clear();
    for (Rooms of : rooms) {
      Arrays.fill(of.slabs, 0, of.count, null);
      of.count = 0;
    }
  }

  Iterable<Slab> slabs() {
    return slabs.values();
  }

  /** Takes over a block of a file that was opened. */
  void restore(Slab slab) {
    slabs.put(slab.block, slab);
    if (slab.hasRoom()) rooms[slab.sizeClass].add(slab);
  }

  private Slab add(int sizeClass) {
    Slab slab = new Slab(blocks.take(), sizeClass);
    slabs.put(slab.block, slab);
    rooms[sizeClass].add(slab);
    return slab;
  }

  static int classOf(int bytes) {
    int units = Math.max(1, (bytes + Blocks.UNIT_BYTES - 1) / Blocks.UNIT_BYTES);
    if (units <= FINE_UNITS) return units - 1;
    int doubling = Integer.SIZE - Integer.numberOfLeadingZeros(units - 1);
    int step = 1 << (doubling - 3);
    int steps = (units - (1 << (doubling - 1)) + step - 1) / step;
    return FINE_UNITS + (doubling - 6) * 4 + steps - 1;
  }

  static int unitsOf(int sizeClass) {
    if (sizeClass < FINE_UNITS) return sizeClass + 1;
    int doubling = (sizeClass - FINE_UNITS) / 4 + 6;
    int steps = (sizeClass - FINE_UNITS) % 4 + 1;
    return (1 << (doubling - 1)) + steps * (1 << (doubling - 3));
  }
}
