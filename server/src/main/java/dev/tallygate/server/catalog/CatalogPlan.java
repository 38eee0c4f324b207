package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.v1.CatalogChange;
import dev.tallygate.proto.v1.CatalogChangeKind;
import dev.tallygate.proto.v1.FieldChange;
import dev.tallygate.proto.v1.PlanCatalogResponse;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a set would change, field by field, and which pools it would bite. */
final class CatalogPlan {
  private final Affected affected;
  private final PlanCatalogResponse.Builder plan = PlanCatalogResponse.newBuilder();

  CatalogPlan(Affected affected) {
    this.affected = affected;
  }

  /**
   * @param before the set as it stands, by name
   * @param after the set as it would be
   */
  PlanCatalogResponse.Builder of(List<Entitlement> before, List<Entitlement> after) {
    Map<String, Entitlement> old = byName(before);
    Map<String, Entitlement> next = byName(after);
    TreeSet<String> names = new TreeSet<>(old.keySet());
    names.addAll(next.keySet());
    for (String name : names) compare(name, old.get(name), next.get(name));
    return plan;
  }

  private static Map<String, Entitlement> byName(List<Entitlement> entitlements) {
    Map<String, Entitlement> byName = new TreeMap<>();
    for (Entitlement entitlement : entitlements) byName.put(entitlement.getName(), entitlement);
    return byName;
  }

  private void compare(String name, @Nullable Entitlement before, @Nullable Entitlement after) {
    if (before != null && before.equals(after)) return;
    CatalogChange.Builder change = CatalogChange.newBuilder().setEntitlement(name);
    change.setKind(
        before == null
            ? CatalogChangeKind.CATALOG_CHANGE_KIND_ADDED
            : after == null
                ? CatalogChangeKind.CATALOG_CHANGE_KIND_REMOVED
                : CatalogChangeKind.CATALOG_CHANGE_KIND_CHANGED);
    fields(
        before == null ? Map.of() : EntitlementFields.of(before),
        after == null ? Map.of() : EntitlementFields.of(after),
        change);
    if (before != null) change.setEndsPools(after == null || !continues(before, after));
    affected.by(name, after, change);
    plan.addChanges(change);
  }

  private static boolean continues(Entitlement before, Entitlement after) {
    return new dev.tallygate.raft.state.Entitlement(after)
        .continues(new dev.tallygate.raft.state.Entitlement(before));
  }

  private static void fields(
      Map<String, String> before, Map<String, String> after, CatalogChange.Builder change) {
    Set<String> keys = new LinkedHashSet<>(before.keySet());
    keys.addAll(after.keySet());
    for (String key : keys) {
      String old = before.get(key);
      String next = after.get(key);
      if (old != null && old.equals(next)) continue;
      FieldChange.Builder field = FieldChange.newBuilder().setKey(key);
      if (old != null) field.setBefore(old);
      if (next != null) field.setAfter(next);
      change.addFields(field);
    }
  }
}
