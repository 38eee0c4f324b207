package dev.tallygate.raft;

/** Why a {@link Proposal} ended without a result. */
public enum ProposalFailure {
  /** This node does not lead; nothing was appended. Safe to send again, to the leader. */
  NOT_LEADER(false),
  /** This node leads but has not applied the first entry of its term; nothing was appended. */
  NOT_READY(false),
  /** The queue is at its bound in commands or bytes; nothing was appended. Retry after a pause. */
  OVERLOADED(false),
  /** The command exceeds the bound on one command; nothing was appended. A retry is of no use. */
  TOO_LARGE(false),
  /** It waited too long in the queue or its caller left; nothing was appended. Safe to retry. */
  EXPIRED(false),
  /** The node stops; nothing was appended. Safe to send again, to another node. */
  STOPPED(false),
  /**
   * The entry was appended and then this node lost the lead, ran into the batch's deadline or
   * stopped: it may be applied, now, later or never. Retry only by an id that is looked up in
   * apply.
   */
  UNKNOWN(true);

  private final boolean maybeApplied;

  ProposalFailure(boolean maybeApplied) {
    this.maybeApplied = maybeApplied;
  }

  /** Whether the command may have taken effect or may still do so. */
  public boolean maybeApplied() {
    return maybeApplied;
  }
}
