package dev.tallygate.raft;

import java.util.List;

/**
 * Turns the commands of one batch into the bytes of one log entry. Called at the moment the batch
 * is closed, by the proposing executor alone, so entries of one leader are in log order of what the
 * writer stamps on them.
 */
public interface EntryWriter {

  /** The most bytes that {@link #write} adds to the commands' own, {@code n} being their number. */
  int overheadBytesMax(int n);

  /**
   * Writes header and commands. This is where the clocks are read.
   *
   * @param term the term in which the entry is proposed, as this node knows it
   * @param commands empty for a tick; to be read during the call only
   * @return the whole entry; the caller owns the array
   */
  byte[] write(long term, List<byte[]> commands);
}
