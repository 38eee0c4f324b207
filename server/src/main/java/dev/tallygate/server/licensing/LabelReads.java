package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.LabelBlock;
import dev.tallygate.proto.v1.ListLabelBlocksRequest;
import dev.tallygate.proto.v1.ListLabelBlocksResponse;
import dev.tallygate.raft.state.LabelBlocks;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcErrors;

/** ListLabelBlocks: reads this node's own state, no fresher than what it has applied. */
final class LabelReads {
  private final Parts parts;
  private final View view;

  LabelReads(Parts parts, View view) {
    this.parts = parts;
    this.view = view;
  }

  ListLabelBlocksResponse read(ListLabelBlocksRequest request) throws BadCall {
    FieldBounds.text("tenant", request.getTenant(), 0, Limits.TENANT_BYTES_MAX);
    TenantView tenant = parts.catalogs().tenant(request.getTenant());
    if (tenant == null) throw GrpcErrors.notFound("tenant", request.getTenant()).exception();
    ListLabelBlocksResponse.Builder response =
        ListLabelBlocksResponse.newBuilder().setRevision(parts.ids().format(tenant.position()));
    for (LabelBlocks.Block block : tenant.blocks().all())
      if (block.untilUs() > view.civilUs())
        response.addBlocks(
            LabelBlock.newBuilder()
                .setLabel(block.label())
                .setUntil(Times.timestamp(block.untilUs())));
    return response.build();
  }
}
