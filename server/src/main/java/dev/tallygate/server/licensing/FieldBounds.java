package dev.tallygate.server.licensing;

import java.nio.charset.StandardCharsets;

/** Bounds on single fields, each refused by name. */
final class FieldBounds {
  private FieldBounds() {}

  static void bytes(String field, Text text, int min, int max) throws Malformed {
    bytes(field, text.length, min, max);
  }

  static void bytes(String field, int length, int min, int max) throws Malformed {
    if (length >= min && length <= max) return;
    if (length == 0) throw new Malformed(field, "is required");
    throw new Malformed(
        field,
        "has " + length + " bytes, allowed are " + (min == 0 ? "at most " : min + " to ") + max);
  }

  static void text(String field, String text, int min, int max) throws Malformed {
    bytes(field, text.getBytes(StandardCharsets.UTF_8).length, min, max);
  }

  static void range(String field, long value, long min, long max) throws Malformed {
    if (value < min || value > max)
      throw new Malformed(field, "is `" + value + "`, allowed are " + min + " to " + max);
  }
}
