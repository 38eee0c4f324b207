package dev.tallygate.client;

/**
 * What came of asking for units, whatever the entitlement's model:
 *
 * <ul>
 *   <li>{@link Lease}: units of a session, held as long as it is renewed, which it does by itself
 *   <li>{@link Receipt}: units of a meter, charged
 *   <li>{@link Hold}: units of a meter, taken and to be charged or given back
 *   <li>{@link Seat}: a named user's, used once more
 *   <li>{@link Refusal}: nothing was taken, and why
 *   <li>{@link Ended}: only of a request that is repeated: it was granted, and that is over
 * </ul>
 *
 * A caller who only wants to know whether to go on asks {@link #isLive}; who wants to know why asks
 * {@code instanceof}. Closing gives back what can be given back. Thread-safe.
 */
public sealed interface Allocation extends AutoCloseable
    permits Lease, Hold, Receipt, Seat, Allocation.NotHeld {

  /** An allocation that holds nothing. */
  sealed interface NotHeld extends Allocation permits Refusal, Ended {
    /** Why, in one word of the API, such as {@code EXHAUSTED}. */
    String why();

    @Override
    default boolean isLive() {
      return false;
    }

    @Override
    default void close() {}
  }

  /**
   * Whether what was asked for may be used now. True of a receipt and of a seat; of a lease or hold
   * as long as it is known to be held; never of a refusal.
   */
  boolean isLive();

  /** Gives back what is held, once. Does not throw: what cannot be given back ends by itself. */
  @Override
  void close();
}
