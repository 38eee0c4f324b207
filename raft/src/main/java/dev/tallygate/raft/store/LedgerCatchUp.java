package dev.tallygate.raft.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Fills the gaps of a ledger from other nodes: {@link #fill} asks, {@link #answer} answers. The
 * question is a position and a number of bytes, the answer whole records from there. Knows nothing
 * of networks.
 */
public final class LedgerCatchUp {
  private static final int POSITION = 0;
  private static final int BYTES_MAX = POSITION + Long.BYTES;
  private static final int QUESTION_BYTES = BYTES_MAX + Integer.BYTES;

  /** One way to another node. */
  @FunctionalInterface
  public interface Peer {
    /**
     * Asks and waits for the answer.
     *
     * @throws IOException if there is none; asking again, or another node, is safe
     */
    byte[] ask(byte[] question) throws IOException, InterruptedException;
  }

  private final LedgerFiles files;
  private final int answerBytesMax;

  /**
   * @param answerBytesMax most bytes of one answer, 65,600 or more, so that any record fits in
   */
  public LedgerCatchUp(LedgerFiles files, int answerBytesMax) {
    if (answerBytesMax < 65_600)
      throw new IllegalArgumentException(
          "answer bytes `" + answerBytesMax + "` cannot hold a record, at least `65600`");
    this.files = files;
    this.answerBytesMax = answerBytesMax;
  }

  /**
   * Asks until the ledger has no gap. Blocks; one thread, not the apply thread.
   *
   * @throws IOException if the peer does not hold what is missing, or what it sent does not fit the
   *     chain: asking another node is safe
   */
  public void fill(Peer peer) throws IOException, InterruptedException {
    while (!files.gaps().isEmpty()) {
      LedgerFiles.Gap gap = files.gaps().getFirst();
      long at = gap.from();
      while (at < gap.to()) {
        byte[] answer = peer.ask(question(at, (int) Math.min(answerBytesMax, gap.to() - at)));
        if (answer.length == 0)
          throw new IOException("the other node's ledger ends at `" + at + "`");
        at = files.adopt(at, answer);
      }
    }
  }

  private static byte[] question(long position, int bytesMax) {
    return ByteBuffer.allocate(QUESTION_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(POSITION, position)
        .putInt(BYTES_MAX, bytesMax)
        .array();
  }

  /**
   * Answers another node's question from this node's files. Any thread; reads the disk.
   *
   * @throws IOException if the question cannot be read, or this node does not hold the position
   */
  public byte[] answer(byte[] question) throws IOException {
    if (question.length != QUESTION_BYTES)
      throw new IOException("question of `" + question.length + "` bytes, not 12");
    ByteBuffer read = ByteBuffer.wrap(question).order(ByteOrder.LITTLE_ENDIAN);
    long position = read.getLong(POSITION);
    int bytesMax = read.getInt(BYTES_MAX);
    if (position < 0 || bytesMax < 1)
      throw new IOException("position `" + position + "` or bytes `" + bytesMax + "` below zero");
    return files.read(position, Math.min(bytesMax, answerBytesMax));
  }
}
