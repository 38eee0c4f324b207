package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.ListPoolsRequest;
import dev.tallygate.proto.v1.ListPoolsResponse;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;
import java.nio.charset.StandardCharsets;

/** ListPools: reads this node's own state, no fresher than what it has applied. */
final class PoolPages {
  private final Parts parts;

  PoolPages(Parts parts) {
    this.parts = parts;
  }

  ListPoolsResponse read(ListPoolsRequest request) throws BadCall {
    FieldBounds.text("tenant", request.getTenant(), 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.text(
        "entitlement_prefix", request.getEntitlementPrefix(), 0, Limits.ENTITLEMENT_BYTES_MAX);
    FieldBounds.text("partition", request.getPartition(), 0, Limits.PARTITION_BYTES_MAX);
    TenantView tenant = parts.catalogs().tenant(request.getTenant());
    if (tenant == null) throw GrpcErrors.notFound("tenant", request.getTenant()).exception();
    Page page =
        Page.begin(
            tenant,
            parts.ids(),
            request.getPageSize(),
            request.getPageToken(),
            PageToken.query(
                "pools", tenant.number(), request.getEntitlementPrefix(), request.getPartition()));
    return fill(tenant, request, page);
  }

  private ListPoolsResponse fill(TenantView tenant, ListPoolsRequest request, Page page) {
    ListPoolsResponse.Builder response =
        ListPoolsResponse.newBuilder().setRevision(parts.ids().format(page.revision()));
    Reader reader = parts.desks().mine().reader;
    Span partition = new Span();
    PoolWalk walk =
        new PoolWalk(
            tenant,
            name -> name.startsWith(request.getEntitlementPrefix()),
            request.getPartition().getBytes(StandardCharsets.UTF_8),
            page.from());
    while (walk.next()) {
      page.look();
      partition.set(walk.partition());
      // Of partitions only those made exist; the one that is just being made has no row yet, one
      // that is drained has none any more.
      Entitlement of = walk.entitlement();
      if (reader.pool(tenant, of, partition) || !(of.partitioned() || of.retired())) {
        response.addPools(PoolMessages.of(of, partition.toString(), reader));
        page.find();
      }
      if (page.full()) return response.setNextPageToken(page.next(parts.ids(), walk, 0)).build();
    }
    return response.build();
  }
}
