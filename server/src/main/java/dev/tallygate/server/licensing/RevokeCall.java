package dev.tallygate.server.licensing;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.Revoke;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;

/** Revoke: ends a lease at once, whoever holds it. */
final class RevokeCall extends LoggedCall {
  private final Parts parts;

  RevokeCall(Start start, Parts parts) {
    super(start);
    this.parts = parts;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.REVOKE;
  }

  @Override
  protected void check() throws BadCall {
    var unused = parse();
  }

  @Override
  protected void judge() throws BadCall {
    Revoke.Builder revoke = parse();
    String tenantName = tenantName();
    TenantView tenant = parts.catalogs().tenant(tenantName);
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", tenantName));
      return;
    }
    revoke.setTenant(tenant.number());
    propose(Command.newBuilder().setRevoke(revoke).build().toByteArray());
  }

  private Revoke.Builder parse() throws BadCall {
    RevokeRequest request = read();
    FieldBounds.text("tenant", request.getTenant(), 0, Limits.TENANT_BYTES_MAX);
    long lease = parts.ids().read("lease_id", request.getLeaseId());
    FieldBounds.text("reason", request.getReason(), 1, Limits.REASON_BYTES_MAX);
    return Revoke.newBuilder().setLeaseId(lease).setReason(request.getReason());
  }

  private String tenantName() throws Malformed {
    return read().getTenant();
  }

  private RevokeRequest read() throws Malformed {
    try {
      return RevokeRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new Malformed("request", "is not a RevokeRequest: " + e.getMessage());
    }
  }

  @Override
  protected byte[] encode(Answer answer) {
    return parts.desks().mine().writer.end(answer);
  }
}
