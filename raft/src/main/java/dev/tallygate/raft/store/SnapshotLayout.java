package dev.tallygate.raft.store;

/**
 * A snapshot file is a run of frames: one HEADER, any number of CHUNKs, one TRAILER, and nothing
 * behind it.
 *
 * <pre>
 *  0  u32  length of the message in bytes
 *  4  u32  CRC32C over bytes 8 to the end of the message
 *  8  u32  kind: 1 HEADER, 2 CHUNK, 3 TRAILER
 * 12       message: tallygate.log.v1.SnapshotHeader, SnapshotChunk or SnapshotTrailer
 * </pre>
 *
 * <p>The rows of a chunk are of one table, and of one minute. Little-endian.
 */
final class SnapshotLayout {
  static final int LENGTH = 0;
  static final int CRC = LENGTH + Integer.BYTES;
  static final int KIND = CRC + Integer.BYTES;
  static final int MESSAGE = KIND + Integer.BYTES;

  static final int KIND_HEADER = 1;
  static final int KIND_CHUNK = 2;
  static final int KIND_TRAILER = 3;

  static final int FORMAT_NOW = 1;

  /** A chunk is closed once it is this long; the row that makes it so is still in it. */
  static final int CHUNK_BYTES = 256 << 10;

  /** Bound on a message: no row is longer than twice 64 KiB. */
  static final int MESSAGE_BYTES_MAX = 1 << 20;

  private SnapshotLayout() {}
}
