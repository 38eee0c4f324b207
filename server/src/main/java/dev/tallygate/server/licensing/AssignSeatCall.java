package dev.tallygate.server.licensing;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.v1.AssignSeatRequest;
import dev.tallygate.raft.state.AllocateCommand;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import java.nio.charset.StandardCharsets;

/** AssignSeat: an Allocate that an administrator makes for somebody else. */
final class AssignSeatCall extends LoggedCall {
  private final Parts parts;
  private byte[] entitlement = new byte[0];
  private byte[] partition = new byte[0];

  AssignSeatCall(Start start, Parts parts) {
    super(start);
    this.parts = parts;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.ASSIGN_SEAT;
  }

  @Override
  protected void check() throws BadCall {
    check(read());
  }

  @Override
  protected void judge() throws BadCall {
    AssignSeatRequest request = read();
    long issuedAtUs = check(request);
    TenantView tenant = parts.catalogs().tenant(request.getTenant());
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", request.getTenant()));
      return;
    }
    entitlement = request.getEntitlement().getBytes(StandardCharsets.UTF_8);
    partition = request.getPartition().getBytes(StandardCharsets.UTF_8);
    Rule rule = parts.catalogs().of(tenant).rule(request.getEntitlement());
    Desk desk = parts.desks().mine();
    AllocateCommand command = desk.allocateCommand.clear();
    command.tenant = tenant.number();
    command.key.requestId.set(request.getRequestId());
    command.key.issuedAtUs = issuedAtUs;
    ContentHash content = contentHash(request);
    command.key.contentHigh = content.high();
    command.key.contentLow = content.low();
    command.catalogVersion = tenant.catalogVersion();
    // No entitlement has number 0: apply refuses it, after the request id.
    command.entitlement = rule == null ? 0 : rule.entitlement().number();
    command.partition.set(partition);
    command.units = 1;
    command.assign = true;
    SeatRequests.holder(request.getSubject(), desk.holder);
    command.holder.set(desk.holder.array(), 0, desk.holder.length());
    desk.reference(tenant, command);
    command.write(desk.command.clear());
    propose(desk.command.copy());
  }

  private AssignSeatRequest read() throws Malformed {
    try {
      return AssignSeatRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new Malformed("request", "is not an AssignSeatRequest: " + e.getMessage());
    }
  }

  /** Returns when it was issued, in microseconds since 1970. */
  private static long check(AssignSeatRequest request) throws Malformed {
    FieldBounds.text("request_id", request.getRequestId(), 1, Limits.REQUEST_ID_BYTES_MAX);
    WireTime time = new WireTime();
    if (request.hasIssuedAt()) time.set(request.getIssuedAt());
    long issuedAtUs = time.instantUs("issued_at");
    SeatRequests.check(
        request.getTenant(),
        request.getEntitlement(),
        request.getPartition(),
        request.getSubject());
    return issuedAtUs;
  }

  private static ContentHash contentHash(AssignSeatRequest request) {
    return new ContentHash()
        .start(3)
        .add(request.getTenant())
        .add(request.getEntitlement())
        .add(request.getPartition())
        .add(request.getSubject().getType())
        .add(request.getSubject().getId());
  }

  @Override
  protected byte[] encode(Answer answer) {
    return parts.desks().mine().writer.allocate(answer, entitlement, partition);
  }
}
