package dev.tallygate.raft;

/** A condition of the cluster that kept a call of {@link RaftNode} from completing. */
public final class RaftFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What kept it. */
  public enum Reason {
    /** This node does not lead, or no longer does. */
    NOT_LEADER,
    /** The leader has not applied the first entry of its term. */
    NOT_READY,
    /** No leader is known. */
    NO_LEADER,
    /** The deadline passed first. */
    TIMEOUT,
    /** A bound is reached; nothing was sent. */
    OVERLOADED,
    /** The link to the peer is down; what was asked may or may not have reached it. */
    UNREACHABLE,
    /** The peer knows no handler for this kind of question. */
    UNKNOWN_KIND,
    /** The peer's handler failed. */
    REMOTE,
    /** The node is not started, or stops. */
    STOPPED,
    /** Raft refused, for the reason in the message. */
    REFUSED
  }

  private final Reason reason;

  RaftFailure(Reason reason, String message) {
    // No stack trace: it is made on the way of every call of an overloaded node.
    super(message, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
