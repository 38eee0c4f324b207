package dev.tallygate.raft.store;

import org.jspecify.annotations.Nullable;

/**
 * A table could not do what it was asked to: its file is full or damaged. The state cannot be
 * trusted after it, so the process must end; the tables are rebuilt at the next start.
 */
final class TableError extends Error {
  private static final long serialVersionUID = 1L;

  TableError(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
