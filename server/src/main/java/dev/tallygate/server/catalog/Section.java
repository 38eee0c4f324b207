package dev.tallygate.server.catalog;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of a document while it is read. Keys are asked for by name; what nobody asked for is
 * unknown. Whatever is wrong becomes a {@link Problem}, and reading goes on with a harmless value.
 */
final class Section {
  private final String path;
  private final YamlNode.Mapping mapping;
  private final Problems problems;
  private final Set<String> known = new LinkedHashSet<>();

  Section(String path, YamlNode.Mapping mapping, Problems problems) {
    this.path = path;
    this.mapping = mapping;
    this.problems = problems;
  }

  boolean has(String key) {
    return find(key) != null;
  }

  /** Keys that may stand here, although nobody reads them now. */
  void know(String... keys) {
    known.addAll(List.of(keys));
  }

  /** The mapping under a key; empty where there is none. */
  Section section(String key) {
    YamlNode value = find(key);
    if (value instanceof YamlNode.Mapping inner) return new Section(join(key), inner, problems);
    if (value != null) problem(key, "must hold keys");
    return new Section(join(key), new YamlNode.Mapping(line(key), column(key), Map.of()), problems);
  }

  /** Keys of this mapping, whatever they are, in the order written. */
  Set<String> anyKeys() {
    known.addAll(mapping.entries().keySet());
    return mapping.entries().keySet();
  }

  /** The text under a key; null, and a problem, where there is none. */
  @Nullable String required(String key, String allowed) {
    if (!has(key)) {
      problem(key, "is missing: " + allowed);
      return null;
    }
    return text(key);
  }

  /** The text under a key; null where there is none. */
  @Nullable String text(String key) {
    YamlNode value = find(key);
    if (value == null) return null;
    if (value instanceof YamlNode.Scalar scalar && !scalar.text().isEmpty()) return scalar.text();
    problem(key, "must be one value");
    return null;
  }

  /** The texts of a list such as {@code [eu, us]}; empty where there is none. */
  List<String> texts(String key, String example) {
    YamlNode value = find(key);
    if (value == null) return List.of();
    List<String> texts = new ArrayList<>();
    if (value instanceof YamlNode.Sequence sequence && !sequence.items().isEmpty()) {
      for (YamlNode item : sequence.items()) {
        if (item instanceof YamlNode.Scalar scalar && !scalar.text().isEmpty())
          texts.add(scalar.text());
        else
          problems.add(
              new Problem(item.line(), item.column(), join(key), "must hold texts or numbers"));
      }
      return texts;
    }
    problem(key, "must be a list such as " + example);
    return List.of();
  }

  /** A whole number. */
  long number(String key, long otherwise, long min, long max) {
    String text = text(key);
    if (text == null) return otherwise;
    if (text.matches("-?[0-9]{1,18}")) {
      long value = Long.parseLong(text);
      if (value >= min && value <= max) return value;
    }
    problem(key, "`" + text + "` is not a whole number from " + min + " to " + max);
    return otherwise;
  }

  /** A duration in microseconds. */
  long durationUs(String key, long otherwise, long min, long max) {
    String text = text(key);
    if (text == null) return otherwise;
    long us = Durations.parse(text);
    if (us < 0) {
      problem(key, "`" + text + "` is not a duration such as 500ms, 90s, 15m, 1h or 2d");
      return otherwise;
    }
    if (us >= min && us <= max) return us;
    problem(
        key,
        "`" + text + "` is not from " + Durations.format(min) + " to " + Durations.format(max));
    return otherwise;
  }

  /** One of some words; null where there is none, or another. */
  @Nullable String word(String key, List<String> allowed) {
    String text = text(key);
    if (text == null || allowed.contains(text)) return text;
    problem(key, "`" + text + "` is none of " + String.join(", ", allowed));
    return null;
  }

  /** Notes a problem where the key stands; where it does not, at the mapping. */
  void problem(String key, String what) {
    problems.add(new Problem(line(key), column(key), join(key), what));
  }

  /** To be called when every key that may stand here was asked for. */
  void refuseUnknown() {
    for (Map.Entry<String, YamlNode.Entry> entry : mapping.entries().entrySet())
      if (!problems.isFull() && !known.contains(entry.getKey()))
        problem(entry.getKey(), "is unknown; allowed here: " + String.join(", ", known));
  }

  private @Nullable YamlNode find(String key) {
    known.add(key);
    YamlNode.Entry entry = mapping.entries().get(key);
    return entry == null ? null : entry.value();
  }

  private int line(String key) {
    YamlNode.Entry entry = mapping.entries().get(key);
    return entry == null ? mapping.line() : entry.line();
  }

  private int column(String key) {
    YamlNode.Entry entry = mapping.entries().get(key);
    return entry == null ? mapping.column() : entry.column();
  }

  private String join(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
