package dev.tallygate.client;

/**
 * Hears what becomes of a lease. Called by one thread of the client at a time, in the order in
 * which things happened. One listener that takes long delays no other, as long as there are not
 * many of them.
 */
public interface LeaseListener {
  /** Does nothing. */
  LeaseListener NONE = new LeaseListener() {};

  /**
   * The lease's own time passed without an answer: stop using what it guards. Its seat may still be
   * kept, and renewals go on.
   */
  default void unconfirmed(Lease lease) {}

  /** A renewal got through: the lease is live again. */
  default void confirmed(Lease lease) {}

  /**
   * The cluster says that it is over; told once, and the last word.
   *
   * @param why {@link Ended}, or a {@link Refusal} such as {@code FENCED}
   */
  default void lost(Lease lease, Allocation.NotHeld why) {}
}
