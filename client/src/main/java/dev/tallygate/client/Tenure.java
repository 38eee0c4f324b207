package dev.tallygate.client;

/**
 * How long a lease is good by the word of the last answer: below its ttl on both clocks, counted
 * from the send of the request that was answered. One clock stands still while the machine sleeps
 * and the other jumps; the cluster frees the seat after ttl and grace, which is never earlier.
 *
 * @param token the fencing token that goes with it
 */
record Tenure(String token, long sentNs, long sentWallMs, long ttlNs) {

  boolean isGood(Time time) {
    return ageNs(time) < ttlNs;
  }

  /** By the clock that has moved further. */
  long ageNs(Time time) {
    long monotonicNs = time.monotonicNs() - sentNs;
    long wallNs = (time.wallMs() - sentWallMs) * Calls.NS_PER_MS;
    return Math.max(monotonicNs, wallNs);
  }
}
