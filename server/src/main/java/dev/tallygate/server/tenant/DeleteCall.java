package dev.tallygate.server.tenant;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.DeleteTenant;
import dev.tallygate.proto.v1.DeleteTenantRequest;
import dev.tallygate.proto.v1.DeleteTenantResponse;
import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.raft.state.TenantStatus;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.licensing.ClusterIds;

/**
 * Delete: known by the tenant's number, which no other ever gets, so that a late retry finds the
 * same tenant or none.
 */
final class DeleteCall extends TenantCall {
  private String tenant = "";
  private int number;

  DeleteCall(Start start, ClusterIds ids) {
    super(start, ids);
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.DELETE_TENANT;
  }

  @Override
  protected void check() throws BadCall {
    var unused = read();
  }

  @Override
  protected void judge() throws BadCall {
    DeleteTenantRequest asked = read();
    tenant = asked.getTenant();
    number = asked.getNumber();
    if (tenant.equals(NodeContext.DEFAULT_TENANT)) {
      fail(GrpcErrors.defaultTenant());
      return;
    }
    TenantView standing = TenantMessages.find(node().view(), number);
    if (standing == null) {
      // It is gone, or never was: the state knows which numbers it has given out.
      propose(asked.getReason());
    } else if (!standing.name().equals(tenant)) {
      other();
    } else if (standing.status() == TenantStatus.ENDING) {
      answerStanding(standing);
    } else if (standing.status() == TenantStatus.SUSPENDED || standing.isEmpty()) {
      propose(asked.getReason());
    } else {
      fail(GrpcErrors.tenantInUse(tenant));
    }
  }

  private void other() {
    TenantView named = TenantMessages.find(node().view(), tenant);
    fail(
        named == null
            ? GrpcErrors.notFound("tenant", tenant)
            : GrpcErrors.otherTenant(tenant, number, named.number()));
  }

  private void propose(String reason) {
    DeleteTenant command = DeleteTenant.newBuilder().setTenant(number).setReason(reason).build();
    propose(Command.newBuilder().setDeleteTenant(command).build().toByteArray());
  }

  private DeleteTenantRequest read() throws BadTenant {
    try {
      DeleteTenantRequest asked = DeleteTenantRequest.parseFrom(request());
      BadTenant.bytes("tenant", asked.getTenant(), 1, BadTenant.NAME_BYTES_MAX);
      if (asked.getNumber() < 1) throw new BadTenant("number", "is required: see Get");
      BadTenant.reason(asked.getReason());
      return asked;
    } catch (InvalidProtocolBufferException e) {
      throw new BadTenant("request", "is not a DeleteTenantRequest: " + e.getMessage());
    }
  }

  @Override
  String tenant() {
    return tenant;
  }

  @Override
  byte[] encode(Tenant of, String revision) {
    // A later tenant of the same name is not the one that was deleted.
    Tenant deleted = of.getNumber() == number ? of : Tenant.getDefaultInstance();
    return DeleteTenantResponse.newBuilder()
        .setTenant(deleted)
        .setRevision(revision)
        .build()
        .toByteArray();
  }
}
