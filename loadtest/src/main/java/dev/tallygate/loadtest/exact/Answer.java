package dev.tallygate.loadtest.exact;

/** What came back from one call. */
public sealed interface Answer {
  /**
   * Units were granted, now or under the same id before; or a lease was renewed.
   *
   * @param ttlNs counts from the call's start; 0 for a receipt
   * @param free units of the pool that were left
   */
  record Granted(String leaseId, String token, long ttlNs, boolean resumed, long free)
      implements Answer {}

  /** A closed reason, as on the wire without its prefix. */
  record Refused(String reason) implements Answer {}

  /**
   * The grant is over.
   *
   * @param reason as on the wire without its prefix
   * @param charged units that stay charged
   */
  record Ended(String reason, String leaseId, long charged) implements Answer {}

  /** No answer, or a status that leaves open what happened. */
  record Unknown(String status) implements Answer {}

  /** A status that is no answer to a call that was well formed. */
  record Rejected(String status) implements Answer {}
}
