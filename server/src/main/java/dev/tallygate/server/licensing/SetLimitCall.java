package dev.tallygate.server.licensing;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.RequestKey;
import dev.tallygate.proto.log.v1.SetLimit;
import dev.tallygate.proto.v1.SetLimitRequest;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcErrors;
import java.nio.charset.StandardCharsets;

/** SetLimit: a limit beside the catalog's, for one pool. */
final class SetLimitCall extends LoggedCall {
  private final Parts parts;
  private byte[] entitlement = new byte[0];
  private byte[] partition = new byte[0];

  SetLimitCall(Start start, Parts parts) {
    super(start);
    this.parts = parts;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.SET_LIMIT;
  }

  @Override
  protected void check() throws BadCall {
    check(read());
  }

  @Override
  protected void judge() throws BadCall {
    SetLimitRequest request = read();
    long untilUs = check(request);
    TenantView tenant = parts.catalogs().tenant(request.getTenant());
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", request.getTenant()));
      return;
    }
    entitlement = request.getEntitlement().getBytes(StandardCharsets.UTF_8);
    partition = request.getPartition().getBytes(StandardCharsets.UTF_8);
    Rule rule = parts.catalogs().of(tenant).rule(request.getEntitlement());
    SetLimit command =
        SetLimit.newBuilder()
            .setTenant(tenant.number())
            .setKey(key(request))
            .setCatalogVersion(tenant.catalogVersion())
            // No entitlement has number 0: apply refuses it, after the request id.
            .setEntitlement(rule == null ? 0 : rule.entitlement().number())
            .setPartition(request.getPartition())
            .setLimit(request.getLimit())
            .setUntilUs(untilUs)
            .setClear(request.getClear())
            .build();
    propose(Command.newBuilder().setSetLimit(command).build().toByteArray());
  }

  private SetLimitRequest read() throws Malformed {
    try {
      return SetLimitRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new Malformed("request", "is not a SetLimitRequest: " + e.getMessage());
    }
  }

  /** Returns until when, in microseconds since 1970; 0 for no end. */
  private static long check(SetLimitRequest request) throws Malformed {
    FieldBounds.text("tenant", request.getTenant(), 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.text("request_id", request.getRequestId(), 1, Limits.REQUEST_ID_BYTES_MAX);
    long unused = issuedAtUs(request);
    FieldBounds.text("entitlement", request.getEntitlement(), 1, Limits.ENTITLEMENT_BYTES_MAX);
    FieldBounds.text("partition", request.getPartition(), 0, Limits.PARTITION_BYTES_MAX);
    FieldBounds.range("limit", request.getLimit(), 0, Limits.LIMIT_MAX);
    if (request.getClear() && (request.getLimit() != 0 || request.hasUntil()))
      throw new Malformed("clear", "stands with `limit` or `until`, which it removes");
    if (!request.hasUntil()) return 0;
    return new WireTime().set(request.getUntil()).instantUs("until");
  }

  private static long issuedAtUs(SetLimitRequest request) throws Malformed {
    WireTime time = new WireTime();
    if (request.hasIssuedAt()) time.set(request.getIssuedAt());
    return time.instantUs("issued_at");
  }

  private static RequestKey key(SetLimitRequest request) throws Malformed {
    ContentHash content = new ContentHash().start(2);
    content.add(request.getTenant()).add(request.getEntitlement()).add(request.getPartition());
    content.add(request.getLimit()).add(request.getUntil().getSeconds());
    content.add(request.getUntil().getNanos()).add(request.getClear() ? 1 : 0);
    return RequestKey.newBuilder()
        .setRequestId(request.getRequestId())
        .setIssuedAtUs(issuedAtUs(request))
        .setContentHigh(content.high())
        .setContentLow(content.low())
        .build();
  }

  @Override
  protected byte[] encode(Answer answer) {
    return parts.desks().mine().writer.setLimit(answer, entitlement, partition);
  }
}
