package dev.tallygate.server.tenant;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.SuspendTenant;
import dev.tallygate.proto.v1.ResumeTenantRequest;
import dev.tallygate.proto.v1.ResumeTenantResponse;
import dev.tallygate.proto.v1.SuspendTenantRequest;
import dev.tallygate.proto.v1.SuspendTenantResponse;
import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.raft.state.TenantStatus;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;

/** Suspend and Resume: known by the state that they lead to. */
final class SuspendCall extends TenantCall {
  private record Asked(String tenant, int number, String reason) {}

  private final boolean resume;
  private String tenant = "";

  SuspendCall(Start start, ClusterIds ids, boolean resume) {
    super(start, ids);
    this.resume = resume;
  }

  @Override
  protected CallCounts.Call counted() {
    return resume ? CallCounts.Call.RESUME_TENANT : CallCounts.Call.SUSPEND_TENANT;
  }

  @Override
  protected void check() throws BadCall {
    var unused = read();
  }

  @Override
  protected void judge() throws BadCall {
    Asked asked = read();
    tenant = asked.tenant();
    TenantView standing = node().view().tenant(tenant);
    if (standing == null) {
      fail(GrpcErrors.notFound("tenant", tenant));
      return;
    }
    if (asked.number() != 0 && asked.number() != standing.number()) {
      fail(GrpcErrors.otherTenant(tenant, asked.number(), standing.number()));
      return;
    }
    if (standing.status() == (resume ? TenantStatus.ACTIVE : TenantStatus.SUSPENDED)) {
      answerStanding(standing);
      return;
    }
    SuspendTenant command =
        SuspendTenant.newBuilder()
            .setTenant(standing.number())
            .setResume(resume)
            .setReason(asked.reason())
            .build();
    propose(Command.newBuilder().setSuspendTenant(command).build().toByteArray());
  }

  private Asked read() throws BadTenant {
    Asked asked = parse();
    BadTenant.name(asked.tenant());
    BadTenant.reason(asked.reason());
    return asked;
  }

  private Asked parse() throws BadTenant {
    try {
      if (resume) {
        ResumeTenantRequest request = ResumeTenantRequest.parseFrom(request());
        return new Asked(
            TenantMessages.nameOf(request.getTenant()), request.getNumber(), request.getReason());
      }
      SuspendTenantRequest request = SuspendTenantRequest.parseFrom(request());
      return new Asked(
          TenantMessages.nameOf(request.getTenant()), request.getNumber(), request.getReason());
    } catch (InvalidProtocolBufferException e) {
      throw new BadTenant(
          "request",
          "is not a " + (resume ? "Resume" : "Suspend") + "TenantRequest: " + e.getMessage());
    }
  }

  @Override
  String tenant() {
    return tenant;
  }

  @Override
  byte[] encode(Tenant of, String revision) {
    return resume
        ? ResumeTenantResponse.newBuilder()
            .setTenant(of)
            .setRevision(revision)
            .build()
            .toByteArray()
        : SuspendTenantResponse.newBuilder()
            .setTenant(of)
            .setRevision(revision)
            .build()
            .toByteArray();
  }
}
