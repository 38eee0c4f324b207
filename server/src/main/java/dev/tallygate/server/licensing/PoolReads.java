package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.Retired;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.grpc.GrpcErrors;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** GetPool: reads this node's own state, no fresher than what it has applied. */
final class PoolReads {
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
    Entitlement entitlement = entitlement(tenant, request.getEntitlement());
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
      response.setPool(PoolMessages.of(entitlement, request.getPartition(), reader));
    return response.build();
  }

  private static @Nullable Entitlement entitlement(TenantView tenant, String name) {
    Entitlement standing = tenant.entitlement(name);
    List<Retired> retired = tenant.retired(name);
    if (standing != null || retired.isEmpty()) return standing;
    return retired.getLast().entitlement();
  }

  private static void check(GetPoolRequest request) throws Malformed {
    FieldBounds.text("tenant", request.getTenant(), 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.text("entitlement", request.getEntitlement(), 1, Limits.ENTITLEMENT_BYTES_MAX);
    FieldBounds.text("partition", request.getPartition(), 0, Limits.PARTITION_BYTES_MAX);
  }

  private static StatusRuntimeException notFound(String field, String value) {
    return GrpcErrors.notFound(field, value).exception();
  }
}
