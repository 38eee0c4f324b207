package dev.tallygate.server.entity;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.RemoveEntity;
import dev.tallygate.proto.v1.RemoveEntityRequest;
import dev.tallygate.proto.v1.RemoveEntityResponse;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;
import org.jspecify.annotations.Nullable;

/** Remove: ends what the entity holds when it is applied, and again when it is sent again. */
final class RemoveCall extends LoggedCall {
  private static final int REASON_BYTES_MAX = 256;

  private final ClusterIds ids;

  RemoveCall(Start start, ClusterIds ids) {
    super(start);
    this.ids = ids;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.REMOVE_ENTITY;
  }

  @Override
  protected void check() throws BadCall {
    var unused = read();
  }

  @Override
  protected void judge() throws BadCall {
    RemoveEntityRequest request = read();
    EntityName name = EntityName.of(request.getType(), request.getId());
    long expected = PutCall.revision(ids, request.getRevision());
    String tenantName = PutCall.tenantName(request.getTenant());
    TenantView tenant = node().view().tenant(tenantName);
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", tenantName));
      return;
    }
    Reader reader = node().view().reader();
    var unused = reader.entity(tenant, name.span());
    long stands = reader.entityPosition();
    if (expected != 0 && expected != stands) {
      fail(GrpcErrors.entityChanged(stands == 0 ? "" : ids.format(stands)));
      return;
    }
    RemoveEntity command =
        RemoveEntity.newBuilder()
            .setTenant(tenant.number())
            .setEntity(name.inState())
            .setExpectPosition(expected)
            .setReason(request.getReason())
            .build();
    propose(Command.newBuilder().setRemoveEntity(command).build().toByteArray());
  }

  private RemoveEntityRequest read() throws BadEntity {
    try {
      RemoveEntityRequest request = RemoveEntityRequest.parseFrom(request());
      EntityName.tenant(request.getTenant());
      var unused = EntityName.of(request.getType(), request.getId());
      BadEntity.bytes("reason", request.getReason(), 1, REASON_BYTES_MAX);
      return request;
    } catch (InvalidProtocolBufferException e) {
      throw new BadEntity("request", "is not a RemoveEntityRequest: " + e.getMessage());
    }
  }

  @Override
  protected @Nullable GrpcError errorOf(Answer answer) {
    return answer.status == Outcome.Status.REFUSED ? GrpcErrors.notFound("tenant", "") : null;
  }

  @Override
  protected byte[] encode(Answer answer) {
    return RemoveEntityResponse.newBuilder()
        .setRemoved(answer.units == 1)
        .setRevision(ids.format(answer.position))
        .build()
        .toByteArray();
  }
}
