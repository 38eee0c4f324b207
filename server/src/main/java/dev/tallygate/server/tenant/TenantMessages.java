package dev.tallygate.server.tenant;

import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.proto.v1.TenantState;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.grpc.NodeContext;
import org.jspecify.annotations.Nullable;

/** Tenants as callers read them, and how one that a request names is found. */
final class TenantMessages {
  private TenantMessages() {}

  static Tenant of(TenantView tenant) {
    return Tenant.newBuilder()
        .setName(tenant.name())
        .setNumber(tenant.number())
        .setState(state(tenant))
        .setCatalogVersion(tenant.catalogVersion())
        .setLeases(tenant.leases())
        .build();
  }

  private static TenantState state(TenantView tenant) {
    return switch (tenant.status()) {
      case ACTIVE -> TenantState.TENANT_STATE_ACTIVE;
      case SUSPENDED -> TenantState.TENANT_STATE_SUSPENDED;
      case ENDING -> TenantState.TENANT_STATE_ENDING;
    };
  }

  static String nameOf(String asked) {
    return asked.isEmpty() ? NodeContext.DEFAULT_TENANT : asked;
  }

  /** The tenant of a name, one that is being ended too; null where there is none. */
  static @Nullable TenantView find(View view, String name) {
    TenantView tenant = view.tenant(name);
    if (tenant != null) return tenant;
    for (TenantView ending : view.endingTenants()) if (ending.name().equals(name)) return ending;
    return null;
  }

  /** The tenant of a number, one that is being ended too; null where there is none. */
  static @Nullable TenantView find(View view, int number) {
    for (TenantView tenant : view.tenants().values()) if (tenant.number() == number) return tenant;
    for (TenantView ending : view.endingTenants()) if (ending.number() == number) return ending;
    return null;
  }
}
