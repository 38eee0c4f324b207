package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Where an entitlement's {@code partition-by} or {@code scope} points to in a question: {@code
 * subject.id}, {@code subject.type}, {@code subject.properties.NAME}, {@code resource.id}, {@code
 * resource.type}, {@code resource.properties.NAME}, {@code action.name} or {@code context.NAME}.
 * Immutable.
 */
final class AttributePath {
  private enum Place {
    SUBJECT_ID,
    SUBJECT_TYPE,
    SUBJECT_PROPERTY,
    RESOURCE_ID,
    RESOURCE_TYPE,
    RESOURCE_PROPERTY,
    ACTION_NAME,
    CONTEXT
  }

  private final Place place;
  private final byte[] name;

  private AttributePath(Place place, String name) {
    this.place = place;
    this.name = name.getBytes(StandardCharsets.UTF_8);
  }

  /** The path in parts, as the canonical entitlement carries it. */
  static AttributePath of(List<String> parts) {
    String last = parts.get(parts.size() - 1);
    return switch (String.join(".", parts.subList(0, parts.size() - 1))) {
      case "subject" ->
          new AttributePath(last.equals("id") ? Place.SUBJECT_ID : Place.SUBJECT_TYPE, "");
      case "resource" ->
          new AttributePath(last.equals("id") ? Place.RESOURCE_ID : Place.RESOURCE_TYPE, "");
      case "subject.properties" -> new AttributePath(Place.SUBJECT_PROPERTY, last);
      case "resource.properties" -> new AttributePath(Place.RESOURCE_PROPERTY, last);
      case "action" -> new AttributePath(Place.ACTION_NAME, "");
      default -> new AttributePath(Place.CONTEXT, last);
    };
  }

  /**
   * Writes the attribute's value: text as it is, whole numbers in decimal.
   *
   * @return false where the question carries none, or one that names nothing: neither text nor
   *     number, empty, or too long
   */
  boolean read(ParsedAllocate question, Bytes into) {
    into.clear();
    switch (place) {
      case SUBJECT_ID -> add(question.subjectId, into);
      case SUBJECT_TYPE -> add(question.subjectType, into);
      case SUBJECT_PROPERTY -> addProperty(question.subject, into);
      case RESOURCE_ID -> add(question.resourceId, into);
      case RESOURCE_TYPE -> add(question.resourceType, into);
      case RESOURCE_PROPERTY -> addProperty(question.resource, into);
      case ACTION_NAME -> add(question.action, into);
      case CONTEXT -> addProperty(question.context, into);
    }
    return into.length() >= 1 && into.length() <= Limits.PARTITION_BYTES_MAX;
  }

  private static void add(Text text, Bytes into) {
    into.add(text.array, text.offset, text.length);
  }

  private void addProperty(Properties properties, Bytes into) {
    Properties.Entry property = properties.find(name);
    if (property == null) return;
    if (property.kind == Properties.STRING) properties.addText(property, into);
    if (property.kind == Properties.INT) {
      byte[] digits = Long.toString(property.number).getBytes(StandardCharsets.US_ASCII);
      into.add(digits, 0, digits.length);
    }
  }
}
