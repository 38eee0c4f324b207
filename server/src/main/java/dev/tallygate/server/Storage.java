package dev.tallygate.server;

import dev.tallygate.raft.store.StoreConfig;
import dev.tallygate.raft.store.TableBounds;
import dev.tallygate.server.config.BoundsConfig;
import dev.tallygate.server.config.NodeConfig;
import dev.tallygate.server.grpc.NodeLimits;

/** Translates a node's configuration into what its parts are configured with. */
final class Storage {
  private static final long ENTITLEMENT_ROWS_MAX = 1_000_000;

  private Storage() {}

  static StoreConfig of(NodeConfig config) {
    BoundsConfig bounds = config.bounds();
    return new StoreConfig(
        config.storage().dir(),
        config.storage().tablesDir(),
        config.nodeId(),
        config.clusterId().toString(),
        new TableBounds(
            bounds.poolsMax(),
            bounds.leasesMax(),
            bounds.requestsMax(),
            bounds.subjectsMax(),
            bounds.tenantsMax(),
            Math.min(ENTITLEMENT_ROWS_MAX, (long) bounds.entitlementsMax() * bounds.tenantsMax())));
  }

  static NodeLimits limits(NodeConfig config) {
    return new NodeLimits(
        config.raft().commandBytesMax(),
        config.raft().pendingCommandsMax(),
        config.limits().callTimeoutMs(),
        config.limits().refusedHolders());
  }
}
