package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.LeaseCommand;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.trace.CallTrace;

/** Renew, Release, Commit or Cancel: what speaks of one lease or hold by its id and token. */
final class LeaseCall extends LoggedCall {
  private final Method method;
  private final Parts parts;

  LeaseCall(Start start, Method method, Parts parts) {
    super(start);
    this.method = method;
    this.parts = parts;
  }

  @Override
  protected CallCounts.Call counted() {
    return switch (method) {
      case RENEW -> CallCounts.Call.RENEW;
      case RELEASE -> CallCounts.Call.RELEASE;
      case COMMIT -> CallCounts.Call.COMMIT;
      default -> CallCounts.Call.CANCEL;
    };
  }

  @Override
  protected void check() throws BadCall {
    parts.desks().mine().lease.parse(method, request(), parts.ids());
  }

  @Override
  protected void judge() throws BadCall {
    Desk desk = parts.desks().mine();
    ParsedLeaseCall parsed = desk.lease;
    parsed.parse(method, request(), parts.ids());
    String tenantName = parsed.tenant.toString();
    CallTrace trace = trace();
    if (trace != null) trace.about(asTraced(tenantName), "");
    TenantView tenant = parts.catalogs().tenant(tenantName);
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", tenantName));
      return;
    }
    LeaseCommand command = desk.leaseCommand.clear(kind());
    command.tenant = tenant.number();
    command.leaseId = parsed.leaseId;
    command.token = parsed.token;
    command.ttlUs = parsed.ttlUs;
    command.units = parsed.units;
    command.cancel = method == Method.CANCEL;
    command.write(desk.command.clear());
    propose(desk.command.copy());
  }

  private LeaseCommand.Kind kind() {
    return switch (method) {
      case RENEW -> LeaseCommand.Kind.RENEW;
      case RELEASE -> LeaseCommand.Kind.RELEASE;
      default -> LeaseCommand.Kind.SETTLE;
    };
  }

  @Override
  protected byte[] encode(Answer answer) {
    AnswerWriter writer = parts.desks().mine().writer;
    return method == Method.RENEW ? writer.renew(answer) : writer.end(answer);
  }
}
