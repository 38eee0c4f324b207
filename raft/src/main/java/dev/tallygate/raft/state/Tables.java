package dev.tallygate.raft.state;

import org.jspecify.annotations.Nullable;

/**
 * All tables of one replica. Heap tables serve simulations, mapped tables serve nodes; the core
 * cannot tell them apart.
 */
public interface Tables {
  /** Any table but {@link TableId#REQUESTS}. */
  Table table(TableId id);

  /**
   * The request rows of one minute of {@code issued_at}, made where absent. Apply thread only.
   *
   * @param minute minutes since 1970
   */
  Table openRequests(long minute);

  /** As {@link #openRequests}, for any thread; null where there is none. */
  @Nullable Table requests(long minute);

  /**
   * Drops the request rows of one minute, all at once. Readers that still hold it read an empty
   * table or the rows as they were.
   */
  void dropRequests(long minute);

  /** Minutes that exist, ascending. */
  long[] requestMinutes();

  /** Drops every row of every table. */
  void clear();
}
