package dev.tallygate.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The highest log index that this node has ever acknowledged: what its log must still hold at the
 * next start. Written before the acknowledgement leaves, by any thread; lives as long as the node.
 *
 * <pre>
 *  0        8        16                4096
 *  | magic  | index  | zeros           |
 * </pre>
 */
final class Watermark {
  /*
   * The file is mapped and never forced while the node runs. So a write costs nothing and survives the death of the
   * process, after which the log's own unsynced bytes are still there too. After a power failure the value may be some
   * seconds old; then the log is checked up to the older value, which is weaker and never wrong: the index is
   * stored only after the bytes it speaks of were forced to the disk.
   */

  private static final long MAGIC = 0x54474154_4d415231L;
  private static final int BYTES = 4_096;
  private static final int INDEX_OFFSET = Long.BYTES;

  private final MappedByteBuffer map;
  private long index;
  private long notBeforeTerm;

  private Watermark(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      map = channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES);
    }
    map.order(ByteOrder.nativeOrder());
    index = map.getLong(INDEX_OFFSET);
  }

  /** Creates the file of a node that has acknowledged nothing, and forces it to the disk. */
  static void create(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
      bytes.putLong(MAGIC).putLong(-1).position(0);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  static Watermark open(Path file) throws IOException {
    if (Files.size(file) != BYTES) {
      throw new StorageRefusal("`" + file + "` is damaged: it is not " + BYTES + " bytes long");
    }
    Watermark watermark = new Watermark(file);
    if (watermark.map.getLong(0) != MAGIC || watermark.index < -1) {
      throw new StorageRefusal("`" + file + "` is damaged: its content is not a watermark");
    }
    return watermark;
  }

  synchronized long index() {
    return index;
  }

  /** This node is about to say, in this term, that it holds all entries up to the index durably. */
  synchronized void acknowledging(long term, long newIndex) {
    // An answer that was overtaken by a later leader's truncation must not raise the mark again.
    if (newIndex > index && term >= notBeforeTerm) {
      store(newIndex);
    }
  }

  /** This node is about to answer for an entry that it has applied, which is committed. */
  synchronized void applied(long newIndex) {
    if (newIndex > index) {
      store(newIndex);
    }
  }

  /** A leader of this term makes this node drop its entries from the index on. */
  synchronized void truncating(long term, long fromIndex) {
    notBeforeTerm = Math.max(notBeforeTerm, term);
    if (fromIndex <= index) {
      store(fromIndex - 1);
    }
  }

  private void store(long newIndex) {
    index = newIndex;
    map.putLong(INDEX_OFFSET, newIndex);
  }

  /** Forces the mark to the disk, at a stop in good order. */
  synchronized void force() {
    map.force();
  }
}
