package dev.tallygate.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import dev.tallygate.server.Shown;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Shows answers as JSON: names as in the {@code .proto}, whole numbers as numbers, enums by name,
 * instants in ISO 8601, durations in milliseconds under a name that ends in {@code _ms}.
 */
final class Json {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final ObjectMapper COMPACT = new ObjectMapper();
  private static final ObjectMapper PRETTY =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Json() {}

  static ObjectNode object() {
    return NODES.objectNode();
  }

  static ArrayNode array() {
    return NODES.arrayNode();
  }

  /** One line. */
  static String line(JsonNode node) {
    return write(COMPACT, node);
  }

  static String pretty(JsonNode node) {
    return write(PRETTY, node);
  }

  static JsonNode parse(String text) throws JsonProcessingException {
    return COMPACT.readTree(text);
  }

  static ObjectNode of(Message message) {
    ObjectNode node = object();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.isRepeated()) {
        if (message.getRepeatedFieldCount(field) > 0) {
          node.set(field.getName(), list(field, (List<?>) message.getField(field)));
        }
      } else if (!field.hasPresence() || message.hasField(field)) {
        put(node, field, message.getField(field));
      }
    }
    return node;
  }

  private static ArrayNode list(FieldDescriptor field, List<?> values) {
    ArrayNode list = array();
    for (Object value : values) {
      ObjectNode one = object();
      put(one, field, value);
      list.add(one.elements().next());
    }
    return list;
  }

  private static void put(ObjectNode node, FieldDescriptor field, Object value) {
    String name = field.getName();
    switch (value) {
      case Duration duration ->
          node.put(name + "_ms", duration.getSeconds() * 1_000 + duration.getNanos() / 1_000_000);
      case Timestamp at ->
          node.put(name, Instant.ofEpochSecond(at.getSeconds(), at.getNanos()).toString());
      case Message message -> node.set(name, of(message));
      case EnumValueDescriptor constant -> node.put(name, shortName(constant));
      case ByteString bytes -> node.put(name, HexFormat.of().formatHex(bytes.toByteArray()));
      case Boolean flag -> node.put(name, flag);
      case Integer number -> node.put(name, number);
      case Long number -> node.put(name, number);
      default -> node.put(name, value.toString());
    }
  }

  /** Without the prefix that every constant of its enum has. */
  private static String shortName(EnumValueDescriptor constant) {
    String prefix =
        constant
                .getType()
                .getName()
                .replaceAll("([a-z])([A-Z])", "$1_$2")
                .toUpperCase(java.util.Locale.ROOT)
            + "_";
    String name = constant.getName();
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  /** For people: a line for each value, nested ones indented. */
  static void lines(JsonNode node, String indent, StringBuilder out) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      JsonNode value = field.getValue();
      String name = indent + field.getKey().replace('_', ' ');
      if (value.isObject()) {
        out.append(name).append('\n');
        lines(value, indent + "  ", out);
      } else if (value.isArray()) {
        for (JsonNode item : value) {
          out.append(name);
          if (item.isObject()) {
            out.append('\n');
            lines(item, indent + "  ", out);
          } else {
            out.append("  ").append(Shown.text(item.asText())).append('\n');
          }
        }
      } else {
        out.append(name).append("  ").append(Shown.text(value.asText())).append('\n');
      }
    }
  }

  private static String write(ObjectMapper mapper, JsonNode node) {
    try {
      return mapper.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
