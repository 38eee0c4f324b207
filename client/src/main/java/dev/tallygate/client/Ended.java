package dev.tallygate.client;

import dev.tallygate.proto.v1.EndReason;

/**
 * What was granted is over.
 *
 * @param charged units that stay charged
 */
public record Ended(EndReason reason, String leaseId, String token, long charged)
    implements Allocation.NotHeld {
  private static final String PREFIX = "END_REASON_";

  static Ended of(dev.tallygate.proto.v1.Ended ended) {
    return new Ended(ended.getReason(), ended.getLeaseId(), ended.getToken(), ended.getCharged());
  }

  @Override
  public String why() {
    return Protos.word(reason, PREFIX);
  }

  @Override
  public String toString() {
    return "over: " + why() + (charged == 0 ? "" : ", " + charged + " stay charged");
  }
}
