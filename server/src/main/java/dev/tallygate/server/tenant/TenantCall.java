package dev.tallygate.server.tenant;

import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;
import org.jspecify.annotations.Nullable;

/** What the calls that change tenants share. */
abstract class TenantCall extends LoggedCall {
  private final ClusterIds ids;

  TenantCall(Start start, ClusterIds ids) {
    super(start);
    this.ids = ids;
  }

  /** Name that the request speaks of. */
  abstract String tenant();

  /** The answer, with the tenant as it stands now. */
  abstract byte[] encode(Tenant tenant, String revision);

  /** Answers that all is as wanted already. */
  final void answerStanding(TenantView tenant) {
    String revision = ids.format(tenant.position());
    answerUnlogged(
        encode(TenantMessages.of(tenant), revision), CallCounts.Result.GRANTED, () -> {});
  }

  @Override
  protected final byte[] encode(Answer answer) {
    TenantView tenant = TenantMessages.find(node().view(), tenant());
    return encode(
        tenant == null ? Tenant.getDefaultInstance() : TenantMessages.of(tenant),
        ids.format(answer.position));
  }

  @Override
  protected @Nullable GrpcError errorOf(Answer answer) {
    return answer.status == Outcome.Status.REFUSED ? GrpcErrors.notFound("tenant", tenant()) : null;
  }
}
