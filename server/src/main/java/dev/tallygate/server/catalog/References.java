package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is wrong with the fallbacks of a catalog, over all of its sets. Pure. */
final class References {
  /** Bound on what one entitlement falls back to, all told: an Allocate tries each. */
  static final int FALLBACKS_MAX = 5;

  private final Map<String, Entitlement> catalog;
  private final String set;
  private final Map<String, String> problems = new TreeMap<>();

  private References(Map<String, Entitlement> catalog, String set) {
    this.catalog = catalog;
    this.set = set;
  }

  /**
   * By name of an entitlement of the set that is applied, or of the one that is missing in it.
   *
   * @param catalog as it would stand, by name, each with its set
   */
  static Map<String, String> problems(Map<String, Entitlement> catalog, String set) {
    References references = new References(catalog, set);
    for (Entitlement entitlement : catalog.values()) references.check(entitlement);
    return references.problems;
  }

  private void check(Entitlement first) {
    List<String> chain = new ArrayList<>(List.of(first.getName()));
    Entitlement at = first;
    while (!at.getFallback().isEmpty()) {
      Entitlement next = catalog.get(at.getFallback());
      boolean begins = chain.size() == 1;
      if (next == null) {
        if (begins) dangling(first);
        return;
      }
      if (begins && leases(first) != leases(next)) {
        mixed(first, next);
        return;
      }
      if (chain.contains(next.getName())) {
        // Told of those that stand in the circle, not of those that lead to it.
        if (next.getName().equals(first.getName()))
          problem(first, "its fallbacks lead back to it: " + path(chain, next));
        return;
      }
      chain.add(next.getName());
      at = next;
    }
    if (chain.size() - 1 > FALLBACKS_MAX)
      problem(
          first,
          "it falls back to "
              + (chain.size() - 1)
              + " others, one after another; allowed are "
              + FALLBACKS_MAX);
  }

  private void dangling(Entitlement from) {
    String name = from.getFallback();
    if (from.getSet().equals(set)) {
      problem(from, "its fallback `" + name + "` is in no set");
      return;
    }
    problems.put(
        name,
        "the entitlement `"
            + from.getName()
            + "` of the set `"
            + from.getSet()
            + "` falls back to `"
            + name
            + "`, which would not stand any more");
  }

  /** Units that are held and come back, or units that are used up. */
  private static boolean leases(Entitlement entitlement) {
    return !entitlement.hasMetered() && !entitlement.hasSite();
  }

  private void mixed(Entitlement from, Entitlement to) {
    String what =
        leases(from)
            ? "holds units until they are given back, its fallback `"
            : "uses units up, its fallback `";
    String other = leases(from) ? "` uses them up" : "` holds them";
    Entitlement told = from.getSet().equals(set) ? from : to;
    problems.put(
        told.getName(), "the entitlement `" + from.getName() + "` " + what + to.getName() + other);
  }

  private void problem(Entitlement of, String what) {
    if (of.getSet().equals(set)) problems.putIfAbsent(of.getName(), what);
  }

  private static String path(List<String> chain, Entitlement end) {
    return String.join(", ", chain) + ", " + end.getName();
  }
}
