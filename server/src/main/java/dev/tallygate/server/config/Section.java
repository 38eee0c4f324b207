package dev.tallygate.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of the file while it is read. Each key is asked for by name; what nobody asked for is
 * unknown. Faults go to the reader with the line of their key.
 */
final class Section {
  private final String path;
  private final Yaml.Mapping mapping;
  private final FaultList faults;
  private final Set<String> known = new LinkedHashSet<>();

  Section(String path, Yaml.Mapping mapping, FaultList faults) {
    this.path = path;
    this.mapping = mapping;
    this.faults = faults;
  }

  /** The sub-section, empty where the file has none. */
  Section section(String key) {
    Yaml value = find(key);
    if (value instanceof Yaml.Mapping inner) return new Section(join(key), inner, faults);
    if (value != null && !isEmpty(value)) faults.add(value.line(), join(key), "must hold keys");
    return new Section(join(key), new Yaml.Mapping(lineOf(key), Map.of()), faults);
  }

  /** The items of a sequence of mappings. */
  List<Section> sections(String key) {
    List<Section> sections = new ArrayList<>();
    Yaml value = find(key);
    if (value == null || isEmpty(value)) {
      faults.add(lineOf(key), join(key), "is missing");
    } else if (value instanceof Yaml.Sequence sequence) {
      for (Yaml item : sequence.items()) {
        String at = join(key) + "[" + sections.size() + "]";
        if (item instanceof Yaml.Mapping inner) sections.add(new Section(at, inner, faults));
        else faults.add(item.line(), at, "must hold keys");
      }
    } else {
      faults.add(value.line(), join(key), "must be a list");
    }
    return sections;
  }

  boolean has(String key) {
    return find(key) != null;
  }

  /** Notes a fault where the key stands, if it does. */
  void refuse(String key, String what) {
    if (find(key) != null) faults.add(lineOf(key), join(key), what);
  }

  @Nullable String text(String key) {
    Yaml value = find(key);
    if (value == null || isEmpty(value)) {
      faults.add(lineOf(key), join(key), "is missing");
      return null;
    }
    if (value instanceof Yaml.Scalar scalar) return scalar.text();
    faults.add(value.line(), join(key), "must be one value");
    return null;
  }

  /** The values of a list, or one value that stands alone; empty where the file has none. */
  List<String> texts(String key) {
    Yaml value = find(key);
    if (!(value instanceof Yaml.Sequence sequence)) {
      String one = value == null ? null : text(key);
      return one == null ? List.of() : List.of(one);
    }
    List<String> texts = new ArrayList<>();
    for (Yaml item : sequence.items()) {
      if (item instanceof Yaml.Scalar scalar) texts.add(scalar.text());
      else faults.add(item.line(), join(key), "must hold values");
    }
    return texts;
  }

  @Nullable Path path(String key) {
    String text = text(key);
    return text == null ? null : Path.of(text);
  }

  @Nullable HostPort address(String key) {
    String text = text(key);
    if (text == null) return null;
    try {
      return HostPort.parse(text);
    } catch (IllegalArgumentException e) {
      faults.add(lineOf(key), join(key), String.valueOf(e.getMessage()));
      return null;
    }
  }

  boolean flag(String key, boolean otherwise) {
    if (find(key) == null) return otherwise;
    String text = text(key);
    if (text == null || text.equals("true") || text.equals("false")) return "true".equals(text);
    faults.add(lineOf(key), join(key), "`" + text + "` is neither true nor false");
    return otherwise;
  }

  long number(String key, long otherwise) {
    if (find(key) == null) return otherwise;
    String text = text(key);
    if (text == null) return otherwise;
    if (text.matches("-?[0-9][0-9_]{0,17}")) return Long.parseLong(text.replace("_", ""));
    faults.add(lineOf(key), join(key), "`" + text + "` is not a whole number");
    return otherwise;
  }

  /** A number with a point, such as 0.01. */
  double ratio(String key, double otherwise) {
    if (find(key) == null) return otherwise;
    String text = text(key);
    if (text == null) return otherwise;
    if (text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) return Double.parseDouble(text);
    faults.add(lineOf(key), join(key), "`" + text + "` is not a number such as 0.01");
    return otherwise;
  }

  @Nullable URI uri(String key) {
    String text = text(key);
    if (text == null) return null;
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      faults.add(lineOf(key), join(key), "`" + text + "` is not an address");
      return null;
    }
  }

  int integer(String key, int otherwise) {
    return (int) Math.clamp(number(key, otherwise), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** Line of a key of this section, or of the section where the file does not have it. */
  int lineOf(String key) {
    Yaml.Entry entry = mapping.entries().get(key);
    return entry == null ? mapping.line() : entry.line();
  }

  Set<String> keys() {
    return mapping.entries().keySet();
  }

  /** To be called when everything was asked for. */
  void refuseUnknown() {
    mapping
        .entries()
        .forEach(
            (key, entry) -> {
              if (!known.contains(key)) {
                faults.add(
                    entry.line(), join(key), "is unknown; known here: " + String.join(", ", known));
              }
            });
  }

  String join(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private @Nullable Yaml find(String key) {
    known.add(key);
    Yaml.Entry entry = mapping.entries().get(key);
    return entry == null ? null : entry.value();
  }

  private static boolean isEmpty(Yaml value) {
    return value instanceof Yaml.Scalar scalar && scalar.text().isEmpty();
  }
}
