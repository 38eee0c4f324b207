package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.raft.state.TenantView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The sets of a catalog: one for each team or repository, replaced one at a time. Judges what only
 * shows when a set is held beside the others. Pure; entitlements here carry their set and no
 * number.
 */
final class Sets {
  static final String DEFAULT = "default";

  private Sets() {}

  /** The set that a request names. */
  static String named(String set) throws BadCatalog {
    if (set.isEmpty()) return DEFAULT;
    if (set.matches(EntitlementReader.NAME)) return set;
    throw new BadCatalog(
        "set",
        "`" + set + "` is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit");
  }

  /** What stands, in all sets, by name. */
  static Map<String, Entitlement> standing(TenantView tenant) {
    Map<String, Entitlement> standing = new TreeMap<>();
    for (var entitlement : tenant.entitlements().values())
      standing.put(entitlement.name(), entitlement.canonical().toBuilder().clearNumber().build());
    return standing;
  }

  /** The entitlements of one set, as a proposal says them: without it. By name. */
  static List<Entitlement> in(Map<String, Entitlement> catalog, String set) {
    List<Entitlement> found = new ArrayList<>();
    for (Entitlement entitlement : catalog.values())
      if (entitlement.getSet().equals(set)) found.add(entitlement.toBuilder().clearSet().build());
    return found;
  }

  static TreeSet<String> names(Collection<Entitlement> catalog) {
    TreeSet<String> sets = new TreeSet<>();
    for (Entitlement entitlement : catalog) sets.add(entitlement.getSet());
    return sets;
  }

  /**
   * What is wrong with a set beside those that stand, by name of the entitlement. References from
   * one entitlement to another are to be judged here too: both directions, since what another set
   * refers to must not go.
   */
  static Map<String, String> problems(
      Map<String, Entitlement> standing, String set, List<Entitlement> next) {
    Map<String, String> problems = new TreeMap<>();
    for (Entitlement entitlement : next) {
      Entitlement other = standing.get(entitlement.getName());
      if (other != null && !other.getSet().equals(set))
        problems.put(
            entitlement.getName(),
            "the entitlement `"
                + entitlement.getName()
                + "` stands in the set `"
                + other.getSet()
                + "`: a name is unique over all sets");
    }
    if (problems.isEmpty()) problems.putAll(References.problems(after(standing, set, next), set));
    return problems;
  }

  private static Map<String, Entitlement> after(
      Map<String, Entitlement> standing, String set, List<Entitlement> next) {
    Map<String, Entitlement> after = new TreeMap<>(standing);
    after.values().removeIf(old -> old.getSet().equals(set));
    for (Entitlement entitlement : next)
      after.put(entitlement.getName(), entitlement.toBuilder().setSet(set).build());
    return after;
  }

  /** Canonical YAML; a comment names each set where there are several. */
  static String write(Map<String, Entitlement> catalog, Predicate<String> wanted) {
    TreeSet<String> sets = names(catalog.values());
    sets.removeIf(wanted.negate());
    if (sets.size() == 1) return CatalogText.write(in(catalog, sets.first()));
    StringBuilder text = new StringBuilder();
    for (String set : sets) {
      if (!text.isEmpty()) text.append("---\n");
      text.append("# Set ").append(set).append(".\n");
      text.append(CatalogText.write(in(catalog, set)));
    }
    return text.toString();
  }
}
