package dev.tallygate.server.tenant;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.CreateTenant;
import dev.tallygate.proto.v1.CreateTenantRequest;
import dev.tallygate.proto.v1.CreateTenantResponse;
import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.raft.state.TenantStatus;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;
import java.security.SecureRandom;

/** Create: known by the name, so that a retry finds what it made. */
final class CreateCall extends TenantCall {
  private static final long FIRST_POSITION_MAX = 1L << 52;
  private static final SecureRandom POSITIONS = new SecureRandom();

  private String tenant = "";
  private boolean created;

  CreateCall(Start start, ClusterIds ids) {
    super(start, ids);
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.CREATE_TENANT;
  }

  @Override
  protected void check() throws BadCall {
    tenant = read().getTenant();
    BadTenant.newName(tenant);
  }

  @Override
  protected void judge() throws BadCall {
    check();
    TenantView standing = TenantMessages.find(node().view(), tenant);
    // One that an attempt of unknown end may have made was made by this call, as far as it knows.
    created = standing == null || maybeProposed();
    if (standing == null) {
      CreateTenant create =
          CreateTenant.newBuilder()
              .setName(tenant)
              .setFirstPosition(POSITIONS.nextLong(FIRST_POSITION_MAX))
              .build();
      propose(Command.newBuilder().setCreateTenant(create).build().toByteArray());
    } else if (standing.status() == TenantStatus.ENDING) {
      fail(GrpcErrors.tenantEnding(tenant));
    } else {
      answerStanding(standing);
    }
  }

  private CreateTenantRequest read() throws BadTenant {
    try {
      return CreateTenantRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new BadTenant("request", "is not a CreateTenantRequest: " + e.getMessage());
    }
  }

  @Override
  String tenant() {
    return tenant;
  }

  @Override
  byte[] encode(Tenant of, String revision) {
    return CreateTenantResponse.newBuilder()
        .setTenant(of)
        .setCreated(created)
        .setRevision(revision)
        .build()
        .toByteArray();
  }
}
