package dev.tallygate.raft.store;

import java.util.Locale;

/** Messages, the same in every locale. */
final class Text {
  private Text() {}

  static String of(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
