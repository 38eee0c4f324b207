package dev.tallygate.server;

import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.call.LoggedCalls;
import dev.tallygate.server.catalog.CatalogFeature;
import dev.tallygate.server.entity.EntityFeature;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import dev.tallygate.server.ledger.LedgerFeature;
import dev.tallygate.server.licensing.LicensingFeature;
import dev.tallygate.server.tenant.TenantFeature;
import java.util.List;

/** The packages of services that a node runs, in one place. */
final class Features {
  private Features() {}

  /**
   * @param ledger this node's files
   */
  static List<NodeFeature> of(NodeContext context, LedgerFiles ledger) {
    LoggedCalls calls = new LoggedCalls(context);
    LedgerFeature ofLedger = new LedgerFeature(context, ledger);
    return List.of(
        new LicensingFeature(calls, ofLedger.watch()),
        new CatalogFeature(calls),
        new TenantFeature(calls),
        new EntityFeature(calls),
        ofLedger);
  }
}
