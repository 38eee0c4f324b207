package dev.tallygate.server.ledger;

import dev.tallygate.proto.v1.WatchEvent;
import dev.tallygate.proto.v1.WatchRequest;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import java.util.List;

/** {@code tallygate.v1.LedgerService}, on the admin listener, and what watches read. */
public final class LedgerFeature implements NodeFeature {
  private final LedgerService service;
  private final Watches watches;

  public LedgerFeature(NodeContext node, LedgerFiles files) {
    this(node, files, LedgerService.PATIENCE_MS);
  }

  public LedgerFeature(NodeContext node, LedgerFiles files, long patienceMs) {
    PoolNames names = new PoolNames(files);
    service = new LedgerService(node, files, names, patienceMs);
    watches = new Watches(node, files, names, patienceMs);
  }

  /** What answers {@code LicensingService.Watch}: events are read from the ledger. */
  public ServerCalls.ServerStreamingMethod<WatchRequest, WatchEvent> watch() {
    return watches;
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
    watches.drain();
  }
}
