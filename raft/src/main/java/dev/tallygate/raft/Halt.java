package dev.tallygate.raft;

import org.jspecify.annotations.Nullable;

/** Ends the process at once. Injected, so that a test can watch a node end and go on itself. */
@FunctionalInterface
public interface Halt {

  /**
   * Ends the process without running shutdown hooks and without writing a clean-stop marker.
   * Everything that was not flushed is lost, which is the point.
   *
   * @param why one sentence for the operator
   */
  void halt(String why, @Nullable Throwable cause);
}
