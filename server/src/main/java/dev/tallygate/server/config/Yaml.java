package dev.tallygate.server.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One YAML document as a tree that knows its lines. A subset on purpose: mappings, sequences and
 * scalars; a key that occurs twice and an alias are faults, because both hide what a file says.
 */
sealed interface Yaml {

  int line();

  /** Keeps the text as written; the reader decides what it means. */
  record Scalar(int line, String text) implements Yaml {}

  record Sequence(int line, List<Yaml> items) implements Yaml {}

  record Mapping(int line, Map<String, Entry> entries) implements Yaml {}

  /**
   * @param line of the key
   */
  record Entry(int line, Yaml value) {}

  /** A file that is no such document. */
  final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1;

    final int line;

    SyntaxException(int line, String message) {
      super(message);
      this.line = line;
    }
  }

  static Mapping parse(String text) throws SyntaxException {
    try (JsonParser parser = new YAMLFactory().createParser(text)) {
      JsonToken first = parser.nextToken();
      if (first == null) return new Mapping(1, Map.of());
      if (first != JsonToken.START_OBJECT) {
        throw new SyntaxException(line(parser), "the file must hold keys and values");
      }
      Mapping root = mapping(parser, 0);
      if (parser.nextToken() != null) {
        throw new SyntaxException(line(parser), "only one document is allowed");
      }
      return root;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new SyntaxException(line, "is not YAML: " + firstLine(e.getOriginalMessage()));
    } catch (IOException e) {
      throw new SyntaxException(1, "is not YAML: " + e.getMessage());
    }
  }

  private static Yaml value(JsonParser parser, int depth) throws IOException, SyntaxException {
    if (depth > 10) throw new SyntaxException(line(parser), "is nested deeper than 10");
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> mapping(parser, depth + 1);
      case START_ARRAY -> sequence(parser, depth + 1);
      case VALUE_EMBEDDED_OBJECT ->
          throw new SyntaxException(line(parser), "tags and aliases are not allowed");
      case VALUE_NULL -> new Scalar(line(parser), "");
      default -> {
        if (((com.fasterxml.jackson.dataformat.yaml.YAMLParser) parser).isCurrentAlias()) {
          throw new SyntaxException(line(parser), "tags and aliases are not allowed");
        }
        yield new Scalar(line(parser), parser.getText());
      }
    };
  }

  private static Mapping mapping(JsonParser parser, int depth) throws IOException, SyntaxException {
    int line = line(parser);
    Map<String, Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      int keyLine = line(parser);
      parser.nextToken();
      if (entries.put(key, new Entry(keyLine, value(parser, depth))) != null) {
        throw new SyntaxException(keyLine, "the key `" + key + "` occurs twice");
      }
    }
    return new Mapping(line, entries);
  }

  private static Sequence sequence(JsonParser parser, int depth)
      throws IOException, SyntaxException {
    int line = line(parser);
    List<Yaml> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(value(parser, depth));
    }
    return new Sequence(line, items);
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
