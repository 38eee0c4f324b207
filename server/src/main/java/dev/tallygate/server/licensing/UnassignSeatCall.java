package dev.tallygate.server.licensing;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.Revoke;
import dev.tallygate.proto.v1.UnassignSeatRequest;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;

/** UnassignSeat: a Revoke that names the seat by its subject. */
final class UnassignSeatCall extends LoggedCall {
  private final Parts parts;

  UnassignSeatCall(Start start, Parts parts) {
    super(start);
    this.parts = parts;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.UNASSIGN_SEAT;
  }

  // By now the subject may have another seat, which this call does not mean.
  @Override
  protected boolean mayRepeat() {
    return false;
  }

  @Override
  protected void check() throws BadCall {
    var unused = parse();
  }

  @Override
  protected void judge() throws BadCall {
    UnassignSeatRequest request = parse();
    TenantView tenant = parts.catalogs().tenant(request.getTenant());
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", request.getTenant()));
      return;
    }
    Entitlement entitlement = tenant.entitlement(request.getEntitlement());
    Revoke.Builder revoke =
        Revoke.newBuilder()
            .setTenant(tenant.number())
            // No lease has id 0: apply answers NOT_FOUND.
            .setLeaseId(entitlement == null ? 0 : seat(tenant, entitlement, request))
            .setReason(request.getReason());
    propose(Command.newBuilder().setRevoke(revoke).build().toByteArray());
  }

  private long seat(TenantView tenant, Entitlement entitlement, UnassignSeatRequest request) {
    if (entitlement.model() != Entitlement.Model.NAMED_USER) return 0;
    Desk desk = parts.desks().mine();
    SeatRequests.holder(request.getSubject(), desk.holder);
    Span holder = new Span();
    holder.set(desk.holder.array(), 0, desk.holder.length());
    Span partition = new Span();
    partition.set(request.getPartition());
    return desk.reader.seat(tenant, entitlement, partition, holder);
  }

  private UnassignSeatRequest parse() throws Malformed {
    UnassignSeatRequest request;
    try {
      request = UnassignSeatRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new Malformed("request", "is not an UnassignSeatRequest: " + e.getMessage());
    }
    SeatRequests.check(
        request.getTenant(),
        request.getEntitlement(),
        request.getPartition(),
        request.getSubject());
    FieldBounds.text("reason", request.getReason(), 1, Limits.REASON_BYTES_MAX);
    return request;
  }

  @Override
  protected byte[] encode(Answer answer) {
    return parts.desks().mine().writer.end(answer);
  }
}
