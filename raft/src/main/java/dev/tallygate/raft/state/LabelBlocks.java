package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The labels of one tenant under which nothing is taken. Apply changes it, any thread may read it;
 * each change makes a new map, which an administrator's call can afford.
 */
public final class LabelBlocks {
  /** Bound on the blocks of one tenant. */
  public static final int BLOCKS_MAX = 1_000;

  /**
   * One label.
   *
   * @param untilUs civil clock; from then on it blocks nothing
   */
  public record Block(String label, long untilUs, long number, long checksum) {}

  private volatile NavigableMap<Bytes, Block> blocks = new TreeMap<>();

  /** Whether there is none at all, so that nobody has to ask for one. */
  public boolean isEmpty() {
    return blocks.isEmpty();
  }

  int size() {
    return blocks.size();
  }

  /** By label, as bytes; those that are over may still be among them. */
  public List<Block> all() {
    return new ArrayList<>(blocks.values());
  }

  @Nullable Block find(Bytes label) {
    return blocks.get(label);
  }

  /**
   * When everything that these labels ask for is free to be taken again, civil clock; at most
   * {@code civilUs} where it is now.
   */
  long untilUs(AllocateCommand command, Bytes scratch) {
    long until = 0;
    NavigableMap<Bytes, Block> now = blocks;
    for (int i = 0; i < command.labelCount; i++) {
      command.label(i).addTo(scratch.clear());
      Block block = now.get(scratch);
      if (block != null) until = Math.max(until, block.untilUs());
    }
    return until;
  }

  void put(Block block) {
    NavigableMap<Bytes, Block> next = new TreeMap<>(blocks);
    next.put(Bytes.ofUtf8(block.label()), block);
    blocks = next;
  }

  void remove(Block block) {
    NavigableMap<Bytes, Block> next = new TreeMap<>(blocks);
    next.remove(Bytes.ofUtf8(block.label()));
    blocks = next;
  }

  /** The block that a timer entry speaks of; null where it was replaced or is over. */
  @Nullable Block numbered(long number) {
    for (Block block : blocks.values()) if (block.number() == number) return block;
    return null;
  }
}
