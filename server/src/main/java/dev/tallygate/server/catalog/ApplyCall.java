package dev.tallygate.server.catalog;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.ApplyCatalogResponse;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Apply: replaces a tenant's entitlements. A text that says what stands already is answered without
 * a log entry, so that sending it again is safe whatever version was expected.
 */
final class ApplyCall extends LoggedCall {
  private static final int TENANT_BYTES_MAX = 64;

  private final ClusterIds ids;
  private final String defaultTenant;
  private int entitlements;

  ApplyCall(Start start, ClusterIds ids, String defaultTenant) {
    super(start);
    this.ids = ids;
    this.defaultTenant = defaultTenant;
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.APPLY_CATALOG;
  }

  @Override
  protected void check() throws BadCall {
    var unused = entitlements(read());
  }

  @Override
  protected void judge() throws BadCall {
    ApplyCatalogRequest request = read();
    List<Entitlement> next = entitlements(request);
    entitlements = next.size();
    String name = request.getTenant().isEmpty() ? defaultTenant : request.getTenant();
    TenantView tenant = node().view().tenant(name);
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", name));
      return;
    }
    int most = node().view().settings().entitlementsMax();
    if (entitlements > most) {
      fail(GrpcErrors.full(TableId.ENTITLEMENTS.name().toLowerCase(java.util.Locale.ROOT)));
      return;
    }
    long version = tenant.catalogVersion();
    if (version > 0 && next.equals(standing(tenant))) {
      answerUnlogged(
          response(version, maybeProposed(), tenant.position()),
          CallCounts.Result.GRANTED,
          () -> {});
      return;
    }
    if (request.getExpectVersion() != 0 && request.getExpectVersion() != version) {
      fail(GrpcErrors.versionConflict("expect_version", request.getExpectVersion(), version));
      return;
    }
    ApplyCatalog apply =
        ApplyCatalog.newBuilder()
            .setTenant(tenant.number())
            .setExpectVersion(version)
            .addAllEntitlements(next)
            .build();
    propose(Command.newBuilder().setApplyCatalog(apply).build().toByteArray());
  }

  /** What stands, as a proposal would say it. */
  static List<Entitlement> standing(TenantView tenant) {
    List<Entitlement> standing = new ArrayList<>();
    for (var entitlement : tenant.entitlements().values())
      standing.add(entitlement.canonical().toBuilder().clearNumber().build());
    return standing;
  }

  private ApplyCatalogRequest read() throws BadCall {
    try {
      return ApplyCatalogRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new BadCatalog("request", "is not an ApplyCatalogRequest: " + e.getMessage());
    }
  }

  private static List<Entitlement> entitlements(ApplyCatalogRequest request) throws BadCall {
    int bytes = request.getTenant().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > TENANT_BYTES_MAX)
      throw new BadCatalog(
          "tenant", "has " + bytes + " bytes, allowed are at most " + TENANT_BYTES_MAX);
    CatalogText.Reading reading = CatalogText.read(request.getYaml());
    if (!reading.problems().isEmpty())
      throw new BadCatalog(
          "yaml",
          reading.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")));
    return reading.entitlements();
  }

  @Override
  protected @Nullable GrpcError errorOf(Answer answer) {
    if (answer.status != Outcome.Status.REFUSED) return null;
    return answer.entitlement == null
        ? GrpcErrors.notFound("tenant", "")
        : GrpcErrors.outstanding(
            answer.entitlement.name(), new String(answer.partition(), StandardCharsets.UTF_8));
  }

  @Override
  protected byte[] encode(Answer answer) {
    return response(answer.catalogVersion, true, answer.position);
  }

  private byte[] response(long version, boolean changed, long position) {
    return ApplyCatalogResponse.newBuilder()
        .setVersion(version)
        .setChanged(changed)
        .setEntitlements(entitlements)
        .setRevision(ids.format(position))
        .build()
        .toByteArray();
  }
}
