package dev.tallygate.server.licensing;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.raft.state.Counts;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.grpc.GrpcErrors;
import io.grpc.StatusRuntimeException;

/** GetPool: reads this node's own state, no fresher than what it has applied. */
final class PoolReads {
  private static final long MICROS = 1_000_000;

  private final Parts parts;

  PoolReads(Parts parts) {
    this.parts = parts;
  }

  GetPoolResponse read(GetPoolRequest request) {
    try {
      check(request);
    } catch (Malformed e) {
      throw e.error().exception();
    }
    TenantView tenant = parts.catalogs().tenant(request.getTenant());
    if (tenant == null) throw notFound("tenant", request.getTenant());
    Entitlement entitlement = tenant.entitlement(request.getEntitlement());
    if (entitlement == null) throw notFound("entitlement", request.getEntitlement());
    if (entitlement.partitioned() == request.getPartition().isEmpty())
      throw GrpcErrors.invalid(
              "partition",
              entitlement.partitioned()
                  ? "is required: the entitlement has partitions"
                  : "must be empty: the entitlement has no partitions")
          .exception();
    GetPoolResponse.Builder response =
        GetPoolResponse.newBuilder().setRevision(parts.ids().format(tenant.position()));
    Span partition = new Span();
    partition.set(request.getPartition());
    Reader reader = parts.desks().mine().reader;
    // A pool that nobody touched counts as the catalog says; of partitions, only those made exist.
    if (reader.pool(tenant, entitlement, partition) || !entitlement.partitioned())
      response.setPool(pool(request, reader));
    return response.build();
  }

  private static void check(GetPoolRequest request) throws Malformed {
    FieldBounds.text("tenant", request.getTenant(), 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.text("entitlement", request.getEntitlement(), 1, Limits.ENTITLEMENT_BYTES_MAX);
    FieldBounds.text("partition", request.getPartition(), 0, Limits.PARTITION_BYTES_MAX);
  }

  private static StatusRuntimeException notFound(String field, String value) {
    return GrpcErrors.notFound(field, value).exception();
  }

  private static Pool pool(GetPoolRequest request, Reader reader) {
    Counts counts = reader.counts();
    Pool.Builder pool =
        Pool.newBuilder()
            .setEntitlement(request.getEntitlement())
            .setPartition(request.getPartition())
            .setLimit(counts.limit())
            .setDeficit(counts.deficit())
            .setFree(counts.free())
            .setHeld(counts.held())
            .setOnHold(counts.onHold())
            .setCooling(counts.cooling())
            .setUsed(counts.used());
    long endUs = reader.windowEndUs();
    if (endUs > 0)
      pool.setResetsAt(
          Timestamp.newBuilder()
              .setSeconds(endUs / MICROS)
              .setNanos((int) (endUs % MICROS * 1_000)));
    return pool.build();
  }
}
