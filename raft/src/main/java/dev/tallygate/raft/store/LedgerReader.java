package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.LedgerLayout;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads ledger records one after another, with their checksums checked. One thread; many readers
 * may read the same files while they grow.
 */
public final class LedgerReader implements Closeable {
  private static final int BUFFER_BYTES = 128 << 10;

  private final @Nullable LedgerFiles files;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private final Bytes record = new Bytes(256);
  private final CRC32C crc = new CRC32C();
  private LedgerSegment segment;
  private FileChannel channel;

  /** Position in the stream of the first byte in the buffer that is not taken yet. */
  private long position;

  private long offset;

  LedgerReader(LedgerFiles files, long from) throws IOException {
    this(files, files.segment(from), from);
  }

  /** Reads one segment alone. */
  LedgerReader(LedgerSegment segment) throws IOException {
    this(null, segment, segment.start());
  }

  private LedgerReader(@Nullable LedgerFiles files, LedgerSegment segment, long from)
      throws IOException {
    this.files = files;
    this.segment = segment;
    channel = FileChannel.open(segment.path(), StandardOpenOption.READ);
    position = from;
    offset = from;
    buffer.flip();
  }

  /** Up to where the records of a segment are whole and undamaged. */
  static long wholeUpTo(LedgerSegment segment) throws IOException {
    long whole = segment.start();
    try (LedgerReader reader = new LedgerReader(segment)) {
      while (reader.next()) whole = reader.end();
    } catch (DamagedLedgerException e) {
      return whole;
    }
    return whole;
  }

  /**
   * Steps to the next record.
   *
   * @return false where nothing more is published yet; calling again later is safe
   * @throws DamagedLedgerException if the record is damaged: nothing behind it can be trusted
   * @throws IOException if the file cannot be read, or this node does not hold what follows
   */
  public boolean next() throws IOException {
    while (position == segment.end()) if (!nextSegment()) return false;
    long left = segment.end() - position;
    if (left < LedgerLayout.BODY) return torn(left);
    fill(LedgerLayout.BODY);
    int body = getInt(LedgerLayout.BODY_LENGTH);
    if (body < 0 || body > LedgerLayout.BODY_BYTES_MAX)
      throw new DamagedLedgerException(position, "length `" + body + "` of a body");
    int whole = LedgerLayout.BODY + body;
    if (left < whole) return torn(left);
    fill(whole);
    record.set(buffer.array(), buffer.position(), whole);
    buffer.position(buffer.position() + whole);
    check(body);
    offset = position;
    position += whole;
    return true;
  }

  private boolean nextSegment() throws IOException {
    if (files == null || position >= files.length()) return false;
    LedgerSegment next = files.segment(position);
    if (next.start() != position) {
      // Nothing begins here: either the segment has grown meanwhile, or there is a gap.
      if (next.end() > position) return true;
      throw new LedgerNotHeldException(
          "this node does not hold position `" + position + "` of the ledger");
    }
    channel.close();
    channel = FileChannel.open(next.path(), StandardOpenOption.READ);
    segment = next;
    buffer.clear().flip();
    return true;
  }

  /**
   * Whole records are published at once, so a rest that is shorter than one was cut or never
   * written.
   */
  private boolean torn(long left) throws DamagedLedgerException {
    throw new DamagedLedgerException(position, "ends after `" + left + "` bytes of a record");
  }

  /** Makes sure that so many bytes are in the buffer. */
  private void fill(int bytes) throws IOException {
    if (buffer.remaining() >= bytes) return;
    long at = position - segment.start() + buffer.remaining();
    buffer.compact();
    long published = segment.end() - segment.start();
    while (buffer.position() < bytes) {
      buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + published - at));
      int got = channel.read(buffer, at);
      if (got <= 0) throw new IOException("the ledger was cut back while it was read");
      at += got;
    }
    buffer.flip();
  }

  private int getInt(int at) {
    return Integer.reverseBytes(buffer.getInt(buffer.position() + at));
  }

  private void check(int body) throws DamagedLedgerException {
    if (record.getByte(LedgerLayout.VERSION) != LedgerLayout.VERSION_NOW)
      throw new DamagedLedgerException(
          position, "version `" + record.getByte(LedgerLayout.VERSION) + "`");
    crc.reset();
    crc.update(
        record.array(), LedgerLayout.VERSION, LedgerLayout.BODY - LedgerLayout.VERSION + body);
    if ((int) crc.getValue() != record.getInt(LedgerLayout.CRC))
      throw new DamagedLedgerException(position, "fails its checksum");
  }

  /** Position in the stream of the current record. */
  public long offset() {
    return offset;
  }

  /** Position in the stream behind the current record. */
  public long end() {
    return position;
  }

  /** The current record as drawn in {@link LedgerLayout}; reused by {@link #next}. */
  public Bytes record() {
    return record;
  }

  /** Number of {@code tallygate.log.v1.LedgerKind}. */
  public int kind() {
    return record.getByte(LedgerLayout.KIND);
  }

  public int tenant() {
    return record.getInt(LedgerLayout.TENANT);
  }

  /** The tenant's position: the fencing token of a grant. */
  public long position() {
    return record.getLong(LedgerLayout.POSITION);
  }

  public int ordinal() {
    return record.getShort(LedgerLayout.ORDINAL);
  }

  /** The cluster's wall clock, microseconds since 1970. */
  public long civilUs() {
    return record.getLong(LedgerLayout.CIVIL_US);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
