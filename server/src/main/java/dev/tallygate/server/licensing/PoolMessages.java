package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.Pool;
import dev.tallygate.raft.state.Counts;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Reader;
import java.util.Locale;

/** What callers read of pools. */
final class PoolMessages {
  private PoolMessages() {}

  /** The pool that was read last. */
  static Pool of(Entitlement entitlement, String partition, Reader reader) {
    Counts counts = reader.counts();
    Pool.Builder pool =
        Pool.newBuilder()
            .setEntitlement(entitlement.name())
            .setPartition(partition)
            .setLimit(counts.limit())
            .setDeficit(counts.deficit())
            .setFree(counts.free())
            .setHeld(counts.held())
            .setOnHold(counts.onHold())
            .setCooling(counts.cooling())
            .setUsed(counts.used())
            .setCarried(counts.carried())
            .setRetired(entitlement.retired())
            .setModel(model(entitlement))
            .setOverage(counts.overage())
            .addAllFeatures(entitlement.features());
    if (reader.overageSinceUs() > 0) pool.setOverageSince(Times.timestamp(reader.overageSinceUs()));
    if (reader.windowEndUs() > 0) pool.setResetsAt(Times.timestamp(reader.windowEndUs()));
    return pool.build();
  }

  /** The model in the catalog's word. */
  static String model(Entitlement entitlement) {
    return entitlement.model().name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
