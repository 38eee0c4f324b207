package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.grpc.NodeContext;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The rules of every tenant, made anew when its catalog changes. Any thread. */
final class Catalogs {

  private final View view;
  private final Map<Integer, Catalog> byTenant = new ConcurrentHashMap<>();

  /** One version of one tenant's catalog. */
  static final class Catalog {
    private final TenantView tenant;
    private final Map<String, Rule> rules = new HashMap<>();

    Catalog(TenantView tenant) {
      this.tenant = tenant;
      for (Entitlement entitlement : tenant.entitlements().values())
        rules.put(entitlement.name(), new Rule(entitlement));
      rules.values().forEach(rule -> rule.chain(rules));
    }

    TenantView tenant() {
      return tenant;
    }

    @Nullable Rule rule(String entitlement) {
      return rules.get(entitlement);
    }
  }

  Catalogs(View view) {
    this.view = view;
  }

  /** The tenant as applied here now; empty is `default`. Null where there is none. */
  @Nullable TenantView tenant(String name) {
    return view.tenant(name.isEmpty() ? NodeContext.DEFAULT_TENANT : name);
  }

  /** The catalog that belongs to exactly this view of the tenant. */
  Catalog of(TenantView tenant) {
    Catalog known = byTenant.get(tenant.number());
    // A tenant's view is made anew with each version of its catalog, and only then.
    if (known != null && known.tenant == tenant) return known;
    Catalog made = new Catalog(tenant);
    byTenant.put(tenant.number(), made);
    return made;
  }
}
