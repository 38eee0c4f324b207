package dev.tallygate.raft.store;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.tallygate.proto.log.v1.SnapshotHeader;
import dev.tallygate.proto.log.v1.SnapshotTrailer;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.WireReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.zip.CRC32C;

/** Reads a snapshot file, front to back, and checks every checksum of its frames. One thread. */
final class SnapshotIn implements Closeable {
  /** Takes the rows. Must not keep the buffers. */
  interface RowSink {
    void row(TableId table, long generation, Bytes key, Bytes row) throws IOException;
  }

  private final Path file;
  private final FileChannel channel;
  private final MessageDigest sha256 = SnapshotOut.sha256();
  private final CRC32C crc = new CRC32C();
  private final Bytes frame = new Bytes(2 * SnapshotLayout.CHUNK_BYTES);
  private final WireReader in = new WireReader();
  private final Span keySpan = new Span();
  private final Span rowSpan = new Span();
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(512);
  private final SnapshotHeader header;
  private long rows;
  private long at;
  private int table;
  private long generation;

  SnapshotIn(Path file) throws IOException {
    this.file = file;
    channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      next(0);
      if (kind() != SnapshotLayout.KIND_HEADER) throw damaged("does not begin with a header");
      header = parse(SnapshotHeader.parser());
      if (header.getFormat() != SnapshotLayout.FORMAT_NOW)
        throw damaged("is of format `" + header.getFormat() + "`");
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  SnapshotHeader header() {
    return header;
  }

  /** Position in the file of the frame whose rows are being handed over. */
  long at() {
    return at;
  }

  /**
   * Reads the rest of the file: hands over all rows, then checks their number, the SHA-256 and the
   * end.
   */
  void read(RowSink sink) throws IOException {
    while (true) {
      update();
      next(at + frame.length());
      if (kind() == SnapshotLayout.KIND_TRAILER) break;
      if (kind() != SnapshotLayout.KIND_CHUNK)
        throw damaged("has a frame of kind `" + kind() + "`");
      rows(sink);
    }
    SnapshotTrailer trailer = parse(SnapshotTrailer.parser());
    if (trailer.getRows() != rows)
      throw damaged(Text.of("has `%d` rows, its trailer says `%d`", rows, trailer.getRows()));
    if (!MessageDigest.isEqual(sha256.digest(), trailer.getSha256().toByteArray()))
      throw damaged("fails its SHA-256");
    if (channel.size() != at + frame.length()) throw damaged("goes on behind its trailer");
  }

  /** Hands over the rows of one chunk, which was read before and begins at {@code position}. */
  void chunk(long position, RowSink sink) throws IOException {
    next(position);
    rows(sink);
  }

  private void update() {
    sha256.update(frame.array(), 0, frame.length());
  }

  private int kind() {
    return frame.getInt(SnapshotLayout.KIND);
  }

  private void next(long position) throws IOException {
    at = position;
    readFully(0, SnapshotLayout.MESSAGE);
    int length = frame.getInt(SnapshotLayout.LENGTH);
    if (length < 0 || length > SnapshotLayout.MESSAGE_BYTES_MAX)
      throw damaged("has a frame of `" + length + "` bytes");
    readFully(SnapshotLayout.MESSAGE, length);
    crc.reset();
    crc.update(frame.array(), SnapshotLayout.KIND, frame.length() - SnapshotLayout.KIND);
    if ((int) crc.getValue() != frame.getInt(SnapshotLayout.CRC)) throw damaged("fails its CRC32C");
  }

  private void readFully(int from, int count) throws IOException {
    frame.length(from + count);
    ByteBuffer target = ByteBuffer.wrap(frame.array(), from, count);
    while (target.hasRemaining())
      if (channel.read(target, at + from + count - target.remaining()) < 0)
        throw damaged("is cut short");
  }

  private void rows(RowSink sink) throws IOException {
    in.over(frame.array(), SnapshotLayout.MESSAGE, frame.length() - SnapshotLayout.MESSAGE);
    try {
      while (!in.atEnd()) {
        if (in.field() != 1) throw in.unknown("SnapshotChunk");
        row(sink, in.enter());
      }
    } catch (CorruptStateException e) {
      throw new IOException(place() + e.getMessage(), e);
    }
  }

  private void row(RowSink sink, int end) throws IOException {
    table = 0;
    generation = 0;
    keySpan.clear();
    rowSpan.clear();
    while (in.position() < end) {
      switch (in.field()) {
        case 1 -> table = in.int32();
        case 2 -> generation = in.fixed64();
        case 3 -> in.span(keySpan);
        case 4 -> in.span(rowSpan);
        default -> throw in.unknown("SnapshotRow");
      }
    }
    keySpan.addTo(key.clear());
    rowSpan.addTo(row.clear());
    rows++;
    sink.row(id(table), generation, key, row);
  }

  private TableId id(int number) throws IOException {
    for (TableId id : TableId.values()) if (id.number() == number) return id;
    throw damaged("has a row of table `" + number + "`");
  }

  private <M extends Message> M parse(Parser<M> parser) throws IOException {
    try {
      M message =
          parser.parseFrom(
              frame.array(), SnapshotLayout.MESSAGE, frame.length() - SnapshotLayout.MESSAGE);
      if (message.getUnknownFields().asMap().isEmpty()) return message;
      throw damaged("has a field that this version does not know");
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(place() + e.getMessage(), e);
    }
  }

  IOException damaged(String what) {
    return new IOException(place() + what);
  }

  private String place() {
    return "snapshot `" + file.getFileName() + "` at `" + at + "`: ";
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
