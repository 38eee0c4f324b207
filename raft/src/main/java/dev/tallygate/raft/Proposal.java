package dev.tallygate.raft;

/**
 * One command on its way through the log, and what is told of its end. Exactly one of {@link
 * #applied} and {@link #failed} is called, once, on the proposing executor (or, when the command is
 * refused at once, on the caller's thread); neither may block or throw.
 */
public interface Proposal {

  /** The command's bytes; not changed until the end is told. */
  byte[] command();

  /**
   * True once nobody waits for the answer: the command is then left out if it is still in the
   * queue, and ends as {@link ProposalFailure#EXPIRED}.
   */
  default boolean abandoned() {
    return false;
  }

  /** The command was applied here with this result, as {@link Replica#apply} gave it. */
  void applied(Object result);

  /** The command was not applied here, or not as far as this node knows. */
  void failed(ProposalFailure failure);
}
