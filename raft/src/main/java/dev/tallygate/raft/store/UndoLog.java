package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Rows as they were before they were overwritten, one behind another, outside the heap.
 *
 * <pre>
 *  0  u32  length of the key
 *  4  i32  length of the row; -1 where there was none
 *  8       key, then row, then up to 7 bytes to the next multiple of eight
 * </pre>
 *
 * <p>The apply thread appends. Another thread may read an image that it learned of under a lock
 * which the apply thread held after appending it. Lives as long as one snapshot is being taken.
 */
final class UndoLog {
  static final int FULL = -1;

  private static final int KEY_LENGTH = 0;
  private static final int ROW_LENGTH = KEY_LENGTH + Integer.BYTES;
  private static final int CONTENT = ROW_LENGTH + Integer.BYTES;
  private static final int ABSENT = -1;

  private static final int BLOCK_BYTES = 1 << 20;
  private static final int ALIGNMENT = Long.BYTES;

  private final ByteBuffer[] blocks;
  private int block;
  private int used;

  /**
   * @param bytesMax bound on what is kept, rounded up to whole mebibytes; at most 8 GiB
   */
  UndoLog(long bytesMax) {
    blocks = new ByteBuffer[Math.toIntExact((bytesMax + BLOCK_BYTES - 1) / BLOCK_BYTES)];
  }

  /**
   * Appends an image.
   *
   * @param row null where there was none
   * @return the address of the image, or {@link #FULL}
   */
  int append(Bytes key, @Nullable Bytes row) {
    int bytes = CONTENT + key.length() + (row == null ? 0 : row.length());
    int padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (used + padded > BLOCK_BYTES) {
      block++;
      used = 0;
    }
    if (block == blocks.length) return FULL;
    if (blocks[block] == null)
      blocks[block] = ByteBuffer.allocateDirect(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer target = blocks[block];
    target.putInt(used + KEY_LENGTH, key.length());
    target.putInt(used + ROW_LENGTH, row == null ? ABSENT : row.length());
    target.put(used + CONTENT, key.array(), 0, key.length());
    if (row != null) target.put(used + CONTENT + key.length(), row.array(), 0, row.length());
    int address = (int) (((long) block * BLOCK_BYTES + used) / ALIGNMENT);
    used += padded;
    return address;
  }

  boolean keyIs(int address, Bytes key) {
    ByteBuffer source = blockOf(address);
    int at = offsetOf(address);
    if (source.getInt(at + KEY_LENGTH) != key.length()) return false;
    for (int i = 0; i < key.length(); i++)
      if (source.get(at + CONTENT + i) != key.array()[i]) return false;
    return true;
  }

  /** Copies the image out; false where there was no row. */
  boolean read(int address, Bytes key, Bytes row) {
    ByteBuffer source = blockOf(address);
    int at = offsetOf(address);
    int keyLength = source.getInt(at + KEY_LENGTH);
    source.get(at + CONTENT, key.length(keyLength).array(), 0, keyLength);
    int rowLength = source.getInt(at + ROW_LENGTH);
    if (rowLength == ABSENT) return false;
    source.get(at + CONTENT + keyLength, row.length(rowLength).array(), 0, rowLength);
    return true;
  }

  private ByteBuffer blockOf(int address) {
    return blocks[(int) ((long) address * ALIGNMENT / BLOCK_BYTES)];
  }

  private static int offsetOf(int address) {
    return (int) ((long) address * ALIGNMENT % BLOCK_BYTES);
  }
}
