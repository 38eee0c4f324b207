package dev.tallygate.server.ledger;

import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import io.grpc.ServerServiceDefinition;
import java.util.List;

/** {@code tallygate.v1.LedgerService}, on the admin listener. */
public final class LedgerFeature implements NodeFeature {
  private final LedgerService service;

  public LedgerFeature(NodeContext node, LedgerFiles files) {
    this(node, files, LedgerService.PATIENCE_MS);
  }

  LedgerFeature(NodeContext node, LedgerFiles files, long patienceMs) {
    service = new LedgerService(node, files, patienceMs);
  }

  @Override
  public List<ServerServiceDefinition> dataServices() {
    return List.of();
  }

  @Override
  public List<ServerServiceDefinition> adminServices() {
    return List.of(service.bindService());
  }

  /** Ends the streams that would go on for ever. */
  @Override
  public void drain() {
    service.drain();
  }
}
