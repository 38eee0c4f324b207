package dev.tallygate.raft;

import java.util.concurrent.CompletableFuture;

/** The log as group commit sees it. */
interface EntryLog {

  /** The term in which this node may append now, or -1 with {@link #refusal} saying why not. */
  long appendableTerm();

  /** Why nothing can be appended: NOT_LEADER, NOT_READY or STOPPED. */
  ProposalFailure refusal();

  /**
   * Appends the batch's entry. Does not block.
   *
   * @return completes on any thread once the entry is applied here and the batch holds the results;
   *     fails when that will not happen, and {@link Batch#mayBeInLog} says what it means
   */
  CompletableFuture<?> append(Batch batch);
}
