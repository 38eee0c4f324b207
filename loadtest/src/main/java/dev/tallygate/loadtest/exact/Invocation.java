package dev.tallygate.loadtest.exact;

/**
 * One call as its caller saw it: each retry is one of its own. Times are of one monotonic clock,
 * that of the process that made all calls.
 *
 * @param pool names a {@link PoolRule}
 * @param session holder and session key; empty for a meter
 * @param requestId of a taking call, else empty
 * @param token of the grant that a call speaks of; empty for a taking call
 * @param units asked for, or to be charged by a commit
 * @param attempt 1 for the first call under a request id
 */
public record Invocation(
    Op op,
    String pool,
    String session,
    String requestId,
    String token,
    long units,
    int attempt,
    long startNs,
    long endNs,
    Answer answer) {}
