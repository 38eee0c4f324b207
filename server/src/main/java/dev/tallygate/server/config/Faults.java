package dev.tallygate.server.config;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Collects the faults of one record, so that its constructor can name all of them. One thread, one
 * constructor call.
 */
final class Faults {
  private final String section;
  private final Map<String, String> byKey = new LinkedHashMap<>();

  Faults(String section) {
    this.section = section;
  }

  Faults range(String key, long value, long min, long max) {
    return check(key, value >= min && value <= max, "`" + value + "` is not in " + min + "-" + max);
  }

  /** Notes {@code what} against the key unless it holds; the first fault of a key stays. */
  Faults check(String key, boolean holds, String what) {
    if (!holds) byKey.putIfAbsent(section.isEmpty() ? key : section + "." + key, what);
    return this;
  }

  /**
   * @throws InvalidRecordException if there is any fault
   */
  void raise() {
    if (!byKey.isEmpty()) throw new InvalidRecordException(byKey);
  }

  /** Thrown by the constructor of a record; the reader adds file and line. */
  static final class InvalidRecordException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial") // Maps of this class are serializable.
    private final Map<String, String> byKey;

    InvalidRecordException(Map<String, String> byKey) {
      super(text(byKey));
      this.byKey = Map.copyOf(byKey);
    }

    Map<String, String> byKey() {
      return byKey;
    }

    private static String text(Map<String, String> byKey) {
      StringBuilder all = new StringBuilder();
      byKey.forEach((key, what) -> all.append(key).append(": ").append(what).append('\n'));
      return all.toString().strip();
    }
  }
}
