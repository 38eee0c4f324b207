package dev.tallygate.raft;

import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * What a {@link RaftNode} is given beside its configuration.
 *
 * @param proposer serial: closes batches and tells {@link Proposal}s their end. Best the event loop
 *     on which the calls arrive
 * @param agreedIndex the highest index up to which a majority agreed on the digest; snapshots above
 *     it are not sent to others and the log is not purged behind them
 */
public record RaftNodeParts(
    Replica replica,
    EntryWriter entryWriter,
    Executor proposer,
    Halt halt,
    RaftListener listener,
    LongSupplier agreedIndex) {

  /** Parts of a node that agrees with itself: every snapshot counts as agreed. */
  public static RaftNodeParts of(
      Replica replica, EntryWriter entryWriter, Executor proposer, Halt halt) {
    return new RaftNodeParts(
        replica, entryWriter, proposer, halt, new RaftListener() {}, () -> Long.MAX_VALUE);
  }
}
