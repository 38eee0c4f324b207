package dev.tallygate.raft.state;

/**
 * The counted state of one entitlement, or of one partition of it, as the apply thread keeps it.
 */
public final class Pool {
  Pool() {}
}
