package dev.tallygate.client;

import dev.tallygate.proto.v1.Grant;

/**
 * A named user's seat, used once more: it stays the subject's when this ends, and needs no renewal.
 * Ask again for each use, such as each sign-in: asking is what keeps a seat that may not be idle
 * for long, and what tells that an administrator took it back.
 *
 * @param id names it for an administrator and in the ledger
 * @param partition empty where the entitlement has no partitions
 * @param assigned whether this very use assigned it
 */
public record Seat(String id, String entitlement, String partition, boolean assigned)
    implements Allocation {

  static Seat of(Grant grant) {
    return new Seat(
        grant.getLeaseId(), grant.getEntitlement(), grant.getPartition(), !grant.getResumed());
  }

  @Override
  public boolean isLive() {
    return true;
  }

  /** Does nothing: the seat stays the subject's. */
  @Override
  public void close() {}
}
