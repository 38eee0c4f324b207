package dev.tallygate.server.grpc;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what calls came to: answers by kind, which status codes do not tell apart. Any thread; a
 * count costs a few nanoseconds and allocates nothing.
 */
public final class CallCounts {

  /** The calls that are counted. */
  public enum Call {
    ALLOCATE,
    ALLOCATE_BATCH,
    RENEW,
    KEEP_ALIVE,
    RELEASE,
    COMMIT,
    CANCEL,
    REVOKE,
    SET_LIMIT,
    ASSIGN_SEAT,
    UNASSIGN_SEAT,
    RELEASE_BY_LABEL,
    BLOCK_LABEL,
    APPLY_CATALOG,
    CREATE_TENANT,
    SUSPEND_TENANT,
    RESUME_TENANT,
    DELETE_TENANT,
    PUT_ENTITY,
    REMOVE_ENTITY
  }

  /** What a call came to. */
  public enum Result {
    /** Granted, renewed, settled or done. */
    GRANTED,
    /** Refused through the log. */
    REFUSED,
    /** Refused by the leader without a log entry. */
    REFUSED_UNLOGGED,
    /** Over already. */
    ENDED,
    /** Failed with a status. */
    FAILED,
    /** Judged and proposed again because the state had changed; the call goes on. */
    RETRIED,
    /** Passed on to the leader; the call goes on. */
    FORWARDED
  }

  private final LongAdder[][] counts = new LongAdder[Call.values().length][Result.values().length];

  public CallCounts() {
    for (LongAdder[] ofCall : counts) {
      for (int i = 0; i < ofCall.length; i++) {
        ofCall[i] = new LongAdder();
      }
    }
  }

  public void count(Call call, Result result) {
    counts[call.ordinal()][result.ordinal()].increment();
  }

  public long read(Call call, Result result) {
    return counts[call.ordinal()][result.ordinal()].sum();
  }
}
