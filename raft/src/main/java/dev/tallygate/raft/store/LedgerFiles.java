package dev.tallygate.raft.store;

import dev.tallygate.raft.state.LedgerSink;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The ledger of one node: a stream of bytes in segment files, each named by the 20-digit position
 * of its first byte. The apply thread appends; any thread reads what is published.
 */
public final class LedgerFiles implements LedgerSink, Closeable {

  /**
   * A run of bytes of the stream that this node does not hold.
   *
   * @param from position of the first missing byte
   * @param to position behind the last
   */
  public record Gap(long from, long to) {}

  /**
   * Opens or creates the directory.
   *
   * @throws IOException if it holds files that cannot be a ledger, or cannot be read
   */
  public static LedgerFiles open(Path dir) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void append(long position, byte[] bytes, int offset, int count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void roll(long position) {
    throw new UnsupportedOperationException();
  }

  /** The length of the stream as readers may see it. Any thread. */
  public long length() {
    throw new UnsupportedOperationException();
  }

  /**
   * Waits until the stream is longer than {@code position}.
   *
   * @return the length then, or at the end of the time
   */
  public long awaitBeyond(long position, long timeoutMs) throws InterruptedException {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads records from {@code position} on, which must be where a record begins. Any thread.
   *
   * @throws IOException if this node does not hold the position
   */
  public LedgerReader reader(long position) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Where reading must begin to see every record of {@code tenant} behind {@code afterPosition}:
   * not after the first of them, and not far before it. Any thread; may read a segment.
   */
  public long seek(int tenant, long afterPosition) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** What this node does not hold, because it joined by a snapshot; ascending. Any thread. */
  public List<Gap> gaps() {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads raw bytes for another node, at most {@code bytesMax}, whole records only. Any thread.
   *
   * @return empty at the end of the stream
   * @throws IOException if this node does not hold the position
   */
  public byte[] read(long position, int bytesMax) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Takes bytes that another node read: the beginning of the first gap. When they close it, the
   * whole of it is checked against the chain before it counts as held. One thread at a time, not
   * the apply thread.
   *
   * @throws IOException if the bytes do not fit in, or the chain does not hold: what was taken of
   *     this gap is then dropped, and asking another node is safe
   */
  public void adopt(long position, byte[] bytes) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() throws IOException {
    throw new UnsupportedOperationException();
  }
}
