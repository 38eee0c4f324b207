package dev.tallygate.client;

import dev.tallygate.proto.v1.RefusalReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Nothing was taken by this request. One reason is no word on what became of an earlier attempt:
 * {@code REQUEST_TOO_OLD}, where the request is repeated after its ten minutes.
 *
 * @param partition empty where the entitlement has no partitions
 * @param limit units that the pool has
 * @param taken units that are held, on hold, lingering or used in the window
 * @param deficit units that a cut limit still has outstanding
 * @param catalogVersion the catalog that decided
 * @param holderLimit units that one holder may have, where that refused; else 0
 * @param holderTaken units that this holder has, where that refused; else 0
 * @param retryAfter when it may be worth asking again; null where only an administrator can help
 */
public record Refusal(
    RefusalReason reason,
    String entitlement,
    String partition,
    long limit,
    long taken,
    long deficit,
    long catalogVersion,
    long holderLimit,
    long holderTaken,
    @Nullable Duration retryAfter)
    implements Allocation.NotHeld {
  private static final String PREFIX = "REFUSAL_REASON_";

  static Refusal of(dev.tallygate.proto.v1.Refusal refusal) {
    return new Refusal(
        refusal.getReason(),
        refusal.getEntitlement(),
        refusal.getPartition(),
        refusal.getLimit(),
        refusal.getTaken(),
        refusal.getDeficit(),
        refusal.getCatalogVersion(),
        refusal.getHolderLimit(),
        refusal.getHolderTaken(),
        refusal.hasRetryAfter() ? Duration.ofNanos(Protos.ns(refusal.getRetryAfter())) : null);
  }

  @Override
  public String why() {
    return Protos.word(reason, PREFIX);
  }

  @Override
  public String toString() {
    return "refused: "
        + why()
        + (limit == 0 ? "" : ", " + taken + " of " + limit + " are taken")
        + (holderLimit == 0 ? "" : ", " + holderTaken + " of " + holderLimit + " by this holder")
        + (retryAfter == null ? "" : ", try again in " + retryAfter.toMillis() + " ms");
  }
}
