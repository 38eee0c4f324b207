package dev.tallygate.server.ledger;

import dev.tallygate.proto.log.v1.LedgerBody;

/** What a Trace follows: one lease, or the request that opened one and what became of it. */
final class Trail {
  private final String requestId;
  private long leaseId;

  private Trail(String requestId, long leaseId) {
    this.requestId = requestId;
    this.leaseId = leaseId;
  }

  static Trail ofLease(long leaseId) {
    return new Trail("", leaseId);
  }

  static Trail ofRequest(String requestId) {
    return new Trail(requestId, 0);
  }

  /** A position with everything that belongs to it behind it: a lease is named by its own. */
  long after() {
    return Math.max(0, leaseId - 1);
  }

  /** Whether the record belongs to it; records must come in order. */
  boolean leadsTo(LedgerBody body) {
    if (!requestId.isEmpty() && body.getRequestId().equals(requestId)) {
      // From here on the lease is followed too, whoever renews, resumes or ends it.
      if (leaseId == 0) leaseId = body.getLeaseId();
      return true;
    }
    return leaseId != 0 && body.getLeaseId() == leaseId;
  }
}
