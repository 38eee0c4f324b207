package dev.tallygate.server;

/**
 * Text that somebody else chose, made harmless for a terminal or a log: what moves the cursor,
 * hides or turns text around, or begins a line, becomes a question mark. For people alone; what
 * programs read has its own way to write such characters.
 */
public final class Shown {
  private Shown() {}

  /** For one line. */
  public static String text(String text) {
    return shown(text, false);
  }

  /** For text whose line feeds are its writer's, such as a message of several lines. */
  public static String lines(String text) {
    return shown(text, true);
  }

  /** Whether a character does something else than to be seen (Unicode, general category). */
  public static boolean isHarmful(int rune) {
    return switch (Character.getType(rune)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  private static String shown(String text, boolean lines) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            rune -> out.appendCodePoint(isHarmful(rune) && !(lines && rune == '\n') ? '?' : rune));
    return out.toString();
  }
}
