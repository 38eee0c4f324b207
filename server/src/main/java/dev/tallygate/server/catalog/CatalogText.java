package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The text of a catalog: YAML documents of kind Entitlement, read into the canonical entitlements
 * that the log carries, and written from them. Pure: needs no node, so a command line can check a
 * file before anybody applies it.
 */
public final class CatalogText {
  /** Bound on a text, in bytes of UTF-8. */
  static final int BYTES_MAX = 1 << 20;

  /** Problems that are told at once. */
  static final int PROBLEMS_MAX = 100;

  private CatalogText() {}

  /**
   * What a text says.
   *
   * @param entitlements sorted by name, without numbers; to be used only where there are no
   *     problems
   * @param problems in the order of their place, at most 100
   */
  public record Reading(List<Entitlement> entitlements, List<Problem> problems) {
    public Reading {
      entitlements = List.copyOf(entitlements);
      problems = List.copyOf(problems);
    }
  }

  /** Reads a text; says everything that is wrong with it at once. */
  public static Reading read(String yaml) {
    List<Problem> problems = new ArrayList<>();
    Map<String, Entitlement> byName = new TreeMap<>();
    int bytes = yaml.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > BYTES_MAX) {
      problems.add(
          new Problem(1, 1, "", "has " + bytes + " bytes, allowed are at most " + BYTES_MAX));
      return new Reading(List.of(), problems);
    }
    for (YamlNode document : YamlNode.documents(yaml, problems)) {
      Entitlement entitlement = EntitlementReader.read(document, problems);
      if (entitlement == null) continue;
      if (byName.putIfAbsent(entitlement.getName(), entitlement) != null)
        problems.add(
            new Problem(
                document.line(),
                document.column(),
                "metadata.name",
                "the entitlement `" + entitlement.getName() + "` stands twice"));
    }
    problems.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
    return new Reading(
        List.copyOf(byName.values()), problems.subList(0, Math.min(problems.size(), PROBLEMS_MAX)));
  }

  /** Writes entitlements as the text that reads back into them: every key, sorted by name. */
  static String write(Iterable<Entitlement> entitlements) {
    Map<String, Entitlement> byName = new TreeMap<>();
    for (Entitlement entitlement : entitlements) byName.put(entitlement.getName(), entitlement);
    StringBuilder text = new StringBuilder();
    for (Entitlement entitlement : byName.values()) {
      if (!text.isEmpty()) text.append("---\n");
      EntitlementWriter.write(entitlement, text);
    }
    return text.toString();
  }
}
