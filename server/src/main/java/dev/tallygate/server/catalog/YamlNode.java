package dev.tallygate.server.catalog;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * YAML as a tree that knows lines and columns, and keeps scalars as they are written. No anchors,
 * aliases or tags: each hides what a text says.
 */
sealed interface YamlNode {
  /** Deeper than any catalog. */
  int DEPTH_MAX = 10;

  int line();

  int column();

  record Scalar(int line, int column, String text) implements YamlNode {}

  record Sequence(int line, int column, List<YamlNode> items) implements YamlNode {}

  record Mapping(int line, int column, Map<String, Entry> entries) implements YamlNode {}

  /** A key and its value; line and column are the key's. */
  record Entry(int line, int column, YamlNode value) {}

  /** Reads all documents of a text; empty ones are left out. What is wrong goes to the list. */
  static List<YamlNode> documents(String text, Problems problems) {
    List<YamlNode> documents = new ArrayList<>();
    try (YAMLParser parser = new YAMLFactory().createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token != JsonToken.VALUE_NULL) documents.add(node(parser, problems, 0));
      }
    } catch (StreamConstraintsException e) {
      problems.add(problem(e.getLocation(), "is too deep or too long: " + e.getOriginalMessage()));
    } catch (JsonProcessingException e) {
      problems.add(problem(e.getLocation(), "is not YAML: " + firstLine(e.getOriginalMessage())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return documents;
  }

  private static YamlNode node(YAMLParser parser, Problems problems, int depth) throws IOException {
    JsonLocation at = parser.currentTokenLocation();
    boolean hidden =
        parser.isCurrentAlias() || parser.getCurrentAnchor() != null || parser.getTypeId() != null;
    if (hidden) problems.add(problem(at, "anchors, aliases and tags are not allowed"));
    if (depth > DEPTH_MAX) problems.add(problem(at, "is nested deeper than " + DEPTH_MAX));
    if (depth > DEPTH_MAX) {
      parser.skipChildren();
      return new Sequence(at.getLineNr(), at.getColumnNr(), List.of());
    }
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      List<YamlNode> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY)
        items.add(node(parser, problems, depth + 1));
      return new Sequence(at.getLineNr(), at.getColumnNr(), items);
    }
    if (parser.currentToken() == JsonToken.START_OBJECT) return mapping(parser, problems, depth);
    boolean empty = parser.currentToken() == JsonToken.VALUE_NULL;
    return new Scalar(at.getLineNr(), at.getColumnNr(), empty ? "" : parser.getText());
  }

  private static Mapping mapping(YAMLParser parser, Problems problems, int depth)
      throws IOException {
    JsonLocation start = parser.currentTokenLocation();
    Map<String, Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      JsonLocation at = parser.currentTokenLocation();
      parser.nextToken();
      Entry entry = new Entry(at.getLineNr(), at.getColumnNr(), node(parser, problems, depth + 1));
      if (entries.putIfAbsent(key, entry) != null)
        problems.add(new Problem(at.getLineNr(), at.getColumnNr(), key, "stands twice"));
    }
    return new Mapping(start.getLineNr(), start.getColumnNr(), entries);
  }

  private static Problem problem(JsonLocation at, String what) {
    return at == null
        ? new Problem(1, 1, "", what)
        : new Problem(Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()), "", what);
  }

  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
