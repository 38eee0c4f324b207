package dev.tallygate.loadtest.peer;

import java.util.List;

/** Writes catalog documents; the one place that knows how a document looks. */
public final class EntitlementYaml {
  private EntitlementYaml() {}

  /**
   * One document.
   *
   * @param lines further keys of the specification, each {@code key: value}
   */
  public static String document(String name, String model, long limit, List<String> lines) {
    StringBuilder yaml = new StringBuilder();
    yaml.append("---\napiVersion: tallygate.dev/v1\nkind: Entitlement\n");
    yaml.append("metadata: {name: ").append(name).append("}\nspec:\n");
    yaml.append("  model: ").append(model).append('\n');
    yaml.append("  limit: ").append(limit).append('\n');
    lines.forEach(line -> yaml.append("  ").append(line).append('\n'));
    return yaml.toString();
  }
}
