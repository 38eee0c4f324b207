package dev.tallygate.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The deterministic state machine as consensus sees it. {@link #apply}, {@link #skip}, {@link
 * #beginSnapshot} and {@link #install} are called by one thread at a time, in log order; {@link
 * #appliedTerm} and {@link #appliedIndex} by any thread. Whatever these methods throw ends the
 * process: replicas must never diverge in silence.
 */
public interface Replica {

  /** The {@link #appliedIndex} of tables that hold nothing. */
  long NOTHING_APPLIED = -1;

  /** The term of the entry at {@link #appliedIndex}; 0 where nothing is applied. */
  long appliedTerm();

  /** The index of the last entry that the tables hold, or {@link #NOTHING_APPLIED}. */
  long appliedIndex();

  /**
   * Applies one entry, completely, before it returns.
   *
   * @param entry what the {@link EntryWriter} wrote. It has an array and may have an array offset;
   *     it is shared with the log, so it must not be changed nor kept
   * @param sink takes one result a command, in order; null on every node but the one that proposed
   *     the entry, and there too after a leader change
   */
  void apply(long term, long index, ByteBuffer entry, @Nullable ResultSink sink);

  /** Notes an entry that carries no commands of ours, for example a Raft configuration. */
  void skip(long term, long index);

  /**
   * Copies the tables as they are after the entry at {@code index}; apply waits for the copy, so it
   * must take less than 100 ms.
   *
   * @return what writes the copy to a file, later and on another thread
   */
  SnapshotWriter beginSnapshot(long term, long index);

  /**
   * Reads a whole snapshot file and checks its checksums, changing nothing. Called on any thread.
   *
   * @throws IOException if the file is damaged, is not of this term and index, or cannot be read
   */
  void verify(Path snapshot, long term, long index) throws IOException;

  /**
   * Replaces all state by that of a snapshot file; afterwards {@code index} is the applied index.
   *
   * @throws IOException if the file is damaged or cannot be read; the node ends
   */
  void install(Path snapshot, long term, long index) throws IOException;

  /**
   * The node stops in good order and nothing more will be applied: close files and say that the
   * tables are complete. Not called when the process ends for any other reason.
   */
  void closeCleanly() throws IOException;
}
