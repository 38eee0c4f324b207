package dev.tallygate.raft;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commands of one entry on their way through the log, and the place where apply puts their
 * results. Made and ended by the proposing executor; filled by the apply thread, which hands it
 * back through the completion of {@link EntryLog#append}.
 */
final class Batch implements ResultSink {
  private static final Logger LOG = LoggerFactory.getLogger(Batch.class);

  private final List<Proposal> proposals;
  private final long bytes;
  private final long deadlineNs;
  private final Object[] results;
  private byte[] entry = new byte[0];
  private int filled;
  private volatile boolean appending;
  private boolean ended;
  private boolean succeeding;
  private int told;

  Batch(List<Proposal> proposals, long bytes, long deadlineNs) {
    this.proposals = proposals;
    this.bytes = bytes;
    this.deadlineNs = deadlineNs;
    this.results = new Object[proposals.size()];
  }

  /** Stamps the batch: the last moment before it goes into the log. */
  void close(EntryWriter writer, long term) {
    List<byte[]> commands = new ArrayList<>(proposals.size());
    for (Proposal proposal : proposals) {
      commands.add(proposal.command());
    }
    entry = writer.write(term, commands);
  }

  byte[] entry() {
    return entry;
  }

  long bytes() {
    return bytes;
  }

  long deadlineNs() {
    return deadlineNs;
  }

  /** From here on the entry may be in the log, so a failure no longer means that it is not. */
  void markAppending() {
    appending = true;
  }

  boolean mayBeInLog() {
    return appending;
  }

  @Override
  public int commands() {
    return results.length;
  }

  @Override
  public void accept(Object result) {
    results[filled++] = result;
  }

  /** Called by the apply thread after the entry: every command has its result. */
  boolean isComplete() {
    return filled == results.length;
  }

  /**
   * Tells further proposals their results, unless the deadline told them another end before.
   *
   * @param max how many, at most
   * @return whether some are left, to be told by another call
   */
  boolean succeed(int max) {
    if (!succeeding && !end()) {
      return false;
    }
    succeeding = true;
    int until = Math.min(results.length, told + max);
    while (told < until) {
      int next = told++;
      tell(() -> proposals.get(next).applied(results[next]));
    }
    return told < results.length;
  }

  /** A fault of one caller must not keep the others of its batch from their ends. */
  private static void tell(Runnable end) {
    try {
      end.run();
    } catch (RuntimeException e) {
      LOG.error("a proposal failed to take its end", e);
    }
  }

  /** Tells every proposal that it failed, unless it has been told its end before. */
  void fail(ProposalFailure failure) {
    if (!end()) {
      return;
    }
    for (Proposal proposal : proposals) {
      tell(() -> proposal.failed(failure));
    }
  }

  private boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }
}
