package dev.tallygate.raft.state;

/**
 * A plan that contradicts a rule of the core: a bug, and the same one on every replica. The command
 * is answered INTERNAL and changes nothing; stopping the node would only crash-loop the cluster on
 * the entry.
 */
final class PlanFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PlanFault(String message) {
    super(message);
  }
}
