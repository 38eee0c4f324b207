package dev.tallygate.server.catalog;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as a catalog writes them: a whole number and one unit of ms, s, m, h, d. */
final class Durations {
  static final long MILLISECOND = 1_000;
  static final long SECOND = 1_000 * MILLISECOND;
  static final long MINUTE = 60 * SECOND;
  static final long HOUR = 60 * MINUTE;
  static final long DAY = 24 * HOUR;

  static final String PATTERN = "([0-9]{1,9})(ms|s|m|h|d)";

  private static final Pattern SHAPE = Pattern.compile(PATTERN);
  private static final String[] UNITS = {"d", "h", "m", "s", "ms"};
  private static final long[] LENGTHS = {DAY, HOUR, MINUTE, SECOND, MILLISECOND};

  private Durations() {}

  /** Microseconds; -1 where the text is none. */
  static long parse(String text) {
    Matcher matcher = SHAPE.matcher(text);
    if (!matcher.matches()) return -1;
    long count = Long.parseLong(matcher.group(1));
    for (int i = 0; i < UNITS.length; i++)
      if (UNITS[i].equals(matcher.group(2))) return count * LENGTHS[i];
    return -1;
  }

  /** In the largest unit that says it exactly; what is finer than a millisecond is rounded up. */
  static String format(long us) {
    if (us == 0) return "0s";
    for (int i = 0; i < UNITS.length; i++)
      if (us % LENGTHS[i] == 0) return us / LENGTHS[i] + UNITS[i];
    return Math.ceilDiv(us, MILLISECOND) + "ms";
  }
}
