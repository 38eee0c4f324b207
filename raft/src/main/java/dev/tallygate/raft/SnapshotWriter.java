package dev.tallygate.raft;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A copy of the tables that waits to be written. Exactly one of the two methods is called, once, on
 * a background thread.
 */
public interface SnapshotWriter {

  /**
   * Writes the copy, forces it to the disk and reads it back to verify it; then lets go of the
   * copy, also when it fails. Renaming the file and forcing its directory are the caller's part.
   *
   * @param file does not exist yet
   */
  void write(Path file) throws IOException;

  /** Lets go of the copy without writing it. */
  void discard();
}
