package dev.tallygate.server.licensing;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.RequestKey;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.GrpcErrors;
import org.jspecify.annotations.Nullable;

/** What the calls about labels have in common. */
abstract class LabelCall extends LoggedCall {
  protected final Parts parts;

  LabelCall(Start start, Parts parts) {
    super(start);
    this.parts = parts;
  }

  /** The request, read and checked. */
  protected abstract Asked read() throws BadCall;

  /** A label and what is to be done with it. */
  protected interface Asked {
    String tenant();

    byte[] command(int tenant);
  }

  @Override
  protected void check() throws BadCall {
    var unused = read();
  }

  @Override
  protected void judge() throws BadCall {
    Asked asked = read();
    TenantView tenant = parts.catalogs().tenant(asked.tenant());
    if (tenant == null) fail(GrpcErrors.notFound("tenant", asked.tenant()));
    else propose(asked.command(tenant.number()));
  }

  static void check(String tenant, String requestId, String label, String reason) throws Malformed {
    FieldBounds.text("tenant", tenant, 0, Limits.TENANT_BYTES_MAX);
    FieldBounds.text("request_id", requestId, 1, Limits.REQUEST_ID_BYTES_MAX);
    FieldBounds.text("label", label, 1, Limits.LABEL_BYTES_MAX);
    FieldBounds.text("reason", reason, 1, Limits.REASON_BYTES_MAX);
  }

  static RequestKey key(String requestId, @Nullable Timestamp issuedAt, ContentHash content)
      throws Malformed {
    WireTime issued = new WireTime();
    if (issuedAt != null) issued.set(issuedAt);
    return RequestKey.newBuilder()
        .setRequestId(requestId)
        .setIssuedAtUs(issued.instantUs("issued_at"))
        .setContentHigh(content.high())
        .setContentLow(content.low())
        .build();
  }
}
