package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.CatalogVersion;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.v1.CatalogHistoryResponse;
import dev.tallygate.proto.v1.CatalogVersionInfo;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.Times;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The versions of one tenant's catalog, from this node's own state. Made for one call. */
final class Versions {
  private static final int LIMIT_DEFAULT = 100;
  private static final int LIMIT_MAX = 1_000;

  private final View view;
  private final TenantView tenant;
  private final Reader reader;

  Versions(View view, TenantView tenant) {
    this.view = view;
    this.tenant = tenant;
    reader = view.reader();
  }

  /** Why a version cannot be read; null where it can. */
  @Nullable GrpcError missing(String field, long version) {
    if (version < 0 || version > tenant.catalogVersion())
      return GrpcErrors.notFound(field, Long.toUnsignedString(version));
    return reader.catalogAt(tenant, version) == null
        ? GrpcErrors.versionNotKept(field, version, view.settings().catalogVersionsMax())
        : null;
  }

  /**
   * A catalog that {@link #missing} said can be read, by name, with sets.
   *
   * @throws io.grpc.StatusRuntimeException where it went meanwhile
   */
  Map<String, Entitlement> at(long version) {
    Map<String, Entitlement> catalog = reader.catalogAt(tenant, version);
    if (catalog == null)
      throw GrpcErrors.versionNotKept("version", version, view.settings().catalogVersionsMax())
          .exception();
    return catalog;
  }

  /**
   * Lists versions, the newest first.
   *
   * @param below 0 for the newest of all
   */
  void list(int limit, long below, CatalogHistoryResponse.Builder into) {
    int left = limit <= 0 ? LIMIT_DEFAULT : Math.min(limit, LIMIT_MAX);
    long from = below <= 0 ? tenant.catalogVersion() : Math.min(below - 1, tenant.catalogVersion());
    for (long version = from; version > 0 && left > 0; version--, left--) {
      CatalogVersion kept = reader.catalogVersion(tenant, version);
      if (kept == null) return;
      into.addVersions(info(kept));
    }
  }

  private static CatalogVersionInfo info(CatalogVersion kept) {
    return CatalogVersionInfo.newBuilder()
        .setVersion(kept.getVersion())
        .setSet(kept.getSet())
        .setCaller(kept.getCaller())
        .setAppliedAt(Times.timestamp(kept.getCivilUs()))
        .setEntitlements(kept.getEntitlements())
        .setAdded(kept.getAdded())
        .setChanged(kept.getChanged())
        .setRemoved(kept.getRemoved())
        .build();
  }
}
