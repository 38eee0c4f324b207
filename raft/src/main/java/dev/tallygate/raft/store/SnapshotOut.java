package dev.tallygate.raft.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.tallygate.proto.log.v1.SnapshotHeader;
import dev.tallygate.proto.log.v1.SnapshotTrailer;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.WireWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32C;

/** Writes a snapshot file, front to back. One thread. */
final class SnapshotOut implements Closeable {
  private final FileChannel channel;
  private final MessageDigest sha256 = sha256();
  private final CRC32C crc = new CRC32C();
  private final Bytes chunk = new Bytes(2 * SnapshotLayout.CHUNK_BYTES);
  private TableId table = TableId.META;
  private long generation;
  private long rows;

  SnapshotOut(Path file, SnapshotHeader header) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    frame(SnapshotLayout.KIND_HEADER, header);
    chunk.length(SnapshotLayout.MESSAGE);
  }

  /** The following rows are of this table. */
  void begin(TableId id, long ofGeneration) throws IOException {
    if (id == table && ofGeneration == generation) return;
    flush();
    table = id;
    generation = ofGeneration;
  }

  void row(Bytes key, Bytes row) throws IOException {
    int body =
        WireWriter.int64Size(table.number())
            + WireWriter.fixed64Size(generation)
            + WireWriter.lengthDelimitedSize(key.length())
            + WireWriter.lengthDelimitedSize(row.length());
    WireWriter.enter(chunk, 1, body);
    WireWriter.int32(chunk, 1, table.number());
    WireWriter.fixed64(chunk, 2, generation);
    WireWriter.bytes(chunk, 3, key.array(), 0, key.length());
    WireWriter.bytes(chunk, 4, row.array(), 0, row.length());
    rows++;
    if (chunk.length() >= SnapshotLayout.MESSAGE + SnapshotLayout.CHUNK_BYTES) flush();
  }

  private void flush() throws IOException {
    if (chunk.length() > SnapshotLayout.MESSAGE) frame(SnapshotLayout.KIND_CHUNK, chunk);
    chunk.length(SnapshotLayout.MESSAGE);
  }

  /** Writes the trailer and forces the file to the disk. */
  void finish() throws IOException {
    flush();
    SnapshotTrailer trailer =
        SnapshotTrailer.newBuilder()
            .setRows(rows)
            .setSha256(ByteString.copyFrom(sha256.digest()))
            .build();
    frame(SnapshotLayout.KIND_TRAILER, trailer);
    channel.force(true);
  }

  private void frame(int kind, MessageLite message) throws IOException {
    byte[] encoded = message.toByteArray();
    Bytes frame = new Bytes(SnapshotLayout.MESSAGE + encoded.length);
    frame(kind, frame.length(SnapshotLayout.MESSAGE).add(encoded, 0, encoded.length));
  }

  /** Fills in what stands before the message, and writes both. */
  private void frame(int kind, Bytes frame) throws IOException {
    frame.setInt(SnapshotLayout.LENGTH, frame.length() - SnapshotLayout.MESSAGE);
    frame.setInt(SnapshotLayout.KIND, kind);
    crc.reset();
    crc.update(frame.array(), SnapshotLayout.KIND, frame.length() - SnapshotLayout.KIND);
    frame.setInt(SnapshotLayout.CRC, (int) crc.getValue());
    sha256.update(frame.array(), 0, frame.length());
    ByteBuffer rest = ByteBuffer.wrap(frame.array(), 0, frame.length());
    while (rest.hasRemaining()) channel.write(rest);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
