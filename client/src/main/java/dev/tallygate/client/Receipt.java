package dev.tallygate.client;

import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.RefusalReason;

/**
 * Units that are charged; nothing gives them back within the window.
 *
 * @param id names it in the ledger
 * @param partition empty where the entitlement has no partitions
 * @param free units of the pool that were left
 * @param overage units of the pool that were taken beyond its limit, with these
 * @param observed what they would have been refused for, if the entitlement did not only observe;
 *     {@code REFUSAL_REASON_UNSPECIFIED} for nothing
 */
public record Receipt(
    String id,
    String entitlement,
    String partition,
    long units,
    long free,
    long overage,
    RefusalReason observed)
    implements Allocation {

  static Receipt of(Grant grant) {
    return new Receipt(
        grant.getLeaseId(),
        grant.getEntitlement(),
        grant.getPartition(),
        grant.getUnits(),
        grant.getFree(),
        grant.getOverage(),
        grant.getObserved());
  }

  @Override
  public boolean isLive() {
    return true;
  }

  /** Does nothing: the units are used. */
  @Override
  public void close() {}
}
