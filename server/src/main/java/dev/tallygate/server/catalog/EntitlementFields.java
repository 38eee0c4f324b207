package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An entitlement as keys and values, each as canonical YAML says it: {@code lease.ttl} to {@code
 * 15m}. What the writer writes is what is compared, so a key that is added there is never forgotten
 * here.
 */
final class EntitlementFields {
  private static final String SPEC = "spec";

  private EntitlementFields() {}

  /** In the order of the writer. */
  static Map<String, String> of(Entitlement entitlement) {
    StringBuilder yaml = new StringBuilder();
    EntitlementWriter.write(entitlement, yaml);
    Problems problems = new Problems();
    List<YamlNode> documents = YamlNode.documents(yaml.toString(), problems);
    if (problems.size() > 0 || documents.size() != 1)
      throw new IllegalStateException("canonical YAML does not read back: " + problems.inOrder());
    Map<String, String> fields = new LinkedHashMap<>();
    if (documents.getFirst() instanceof YamlNode.Mapping document
        && document.entries().get(SPEC) instanceof YamlNode.Entry spec)
      collect("", spec.value(), fields);
    return fields;
  }

  private static String texts(YamlNode.Sequence list) {
    List<String> texts = new ArrayList<>();
    for (YamlNode item : list.items())
      texts.add(item instanceof YamlNode.Scalar scalar ? scalar.text() : item.toString());
    return String.join(", ", texts);
  }

  private static void collect(String path, YamlNode node, Map<String, String> into) {
    switch (node) {
      case YamlNode.Scalar scalar -> into.put(path, scalar.text());
      case YamlNode.Sequence list -> into.put(path, texts(list));
      case YamlNode.Mapping mapping ->
          mapping
              .entries()
              .forEach(
                  (key, entry) ->
                      collect(path.isEmpty() ? key : path + "." + key, entry.value(), into));
    }
  }
}
