package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.Entitlement;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replaces one set of a tenant's catalog. Content that stands already is answered without a log
 * entry, so that sending it again is safe whatever version was expected.
 */
abstract class SetCall extends LoggedCall {
  private static final int TENANT_BYTES_MAX = 64;

  private final ClusterIds ids;
  private final String defaultTenant;
  private String set = "";
  private int entitlements;

  /** The version that this call proposed to change; -1 where it has not. */
  private long proposedOn = -1;

  SetCall(Start start, ClusterIds ids, String defaultTenant) {
    super(start);
    this.ids = ids;
    this.defaultTenant = defaultTenant;
  }

  /**
   * What a request asks for, as far as it can be read without the state.
   *
   * @param tenant empty for the default one
   * @param expectVersion 0 for any
   */
  record Asked(String tenant, long expectVersion) {}

  /**
   * What the set shall hold.
   *
   * @param entitlements by name, without set and number
   */
  record Content(String set, List<Entitlement> entitlements) {}

  /** Reads and checks the request. */
  abstract Asked ask() throws BadCall;

  /** Finds the content that was asked for; null where the call was failed. */
  abstract @Nullable Content content(TenantView tenant) throws BadCall;

  /** Tells of what is wrong with entitlements beside those of other sets. */
  abstract BadCatalog conflict(Map<String, String> problems);

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.APPLY_CATALOG;
  }

  @Override
  protected void check() throws BadCall {
    var unused = ask();
  }

  @Override
  protected void judge() throws BadCall {
    Asked asked = ask();
    checkTenant(asked.tenant());
    String name = asked.tenant().isEmpty() ? defaultTenant : asked.tenant();
    TenantView tenant = node().view().tenant(name);
    if (tenant == null) {
      fail(GrpcErrors.notFound("tenant", name));
      return;
    }
    Content next = content(tenant);
    if (next != null) judge(tenant, asked, next);
  }

  private void judge(TenantView tenant, Asked asked, Content next) throws BadCall {
    Map<String, Entitlement> standing = Sets.standing(tenant);
    List<Entitlement> before = Sets.in(standing, next.set());
    set = next.set();
    entitlements = next.entitlements().size();
    long version = tenant.catalogVersion();
    if (version > 0 && next.entitlements().equals(before)) {
      answerUnlogged(
          response(version, maybeProposed(), tenant.position()),
          CallCounts.Result.GRANTED,
          () -> {});
      return;
    }
    if (maybeProposed() && answeredBefore(tenant, asked, next)) return;
    if (asked.expectVersion() != 0 && asked.expectVersion() != version) {
      fail(GrpcErrors.versionConflict("expect_version", asked.expectVersion(), version));
      return;
    }
    Map<String, String> problems = Sets.problems(standing, next.set(), next.entitlements());
    if (!problems.isEmpty()) throw conflict(problems);
    int most = node().view().settings().entitlementsMax();
    if (standing.size() - before.size() + entitlements > most) {
      fail(GrpcErrors.full(TableId.ENTITLEMENTS.name().toLowerCase(Locale.ROOT)));
      return;
    }
    ApplyCatalog apply =
        ApplyCatalog.newBuilder()
            .setTenant(tenant.number())
            .setExpectVersion(version)
            .setSet(next.set())
            .addAllEntitlements(next.entitlements())
            .build();
    proposedOn = version;
    propose(Command.newBuilder().setApplyCatalog(apply).build().toByteArray());
  }

  /**
   * Whether a call that may have been proposed is over: it took effect, and others have applied
   * since; or nobody can tell. False where it has not taken effect and cannot any more, since it
   * expected a version that is gone, or is about to be proposed again under the same one.
   */
  private boolean answeredBefore(TenantView tenant, Asked asked, Content next) {
    long expected = proposedOn >= 0 ? proposedOn : asked.expectVersion();
    if (expected == tenant.catalogVersion()) return false;
    boolean knows = proposedOn >= 0 || expected > 0;
    Map<String, Entitlement> then =
        knows ? node().view().reader().catalogAt(tenant, expected + 1) : null;
    if (then == null) {
      fail(GrpcErrors.unknown(hint()));
      return true;
    }
    if (!next.entitlements().equals(Sets.in(then, next.set()))) return false;
    answerUnlogged(
        response(expected + 1, true, tenant.position()), CallCounts.Result.GRANTED, () -> {});
    return true;
  }

  static void checkTenant(String tenant) throws BadCatalog {
    int bytes = tenant.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > TENANT_BYTES_MAX)
      throw new BadCatalog(
          "tenant", "has " + bytes + " bytes, allowed are at most " + TENANT_BYTES_MAX);
  }

  @Override
  protected @Nullable GrpcError errorOf(Answer answer) {
    return answer.status == Outcome.Status.REFUSED ? GrpcErrors.notFound("tenant", "") : null;
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
        .setSet(set)
        .build()
        .toByteArray();
  }
}
