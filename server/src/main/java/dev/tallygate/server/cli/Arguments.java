package dev.tallygate.server.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Turns words of the command line into fields of requests. */
final class Arguments {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,12})(ms|s|m|h|d)");

  private Arguments() {}

  /** {@code 500ms}, {@code 90s}, {@code 15m}, {@code 1h}, {@code 2d}. */
  static final class DurationArgument implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Matcher matcher = DURATION.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "`" + text + "` is not a duration such as 500ms, 90s, 15m, 1h or 2d");
      }
      long number = Long.parseLong(matcher.group(1));
      long ms =
          switch (matcher.group(2)) {
            case "ms" -> number;
            case "s" -> number * 1_000;
            case "m" -> number * 60_000;
            case "h" -> number * 3_600_000;
            default -> number * 86_400_000;
          };
      return Duration.newBuilder()
          .setSeconds(ms / 1_000)
          .setNanos((int) (ms % 1_000) * 1_000_000)
          .build();
    }
  }

  /** {@code 2030-01-31T00:00:00Z}. */
  static final class InstantArgument implements ITypeConverter<Timestamp> {
    @Override
    public Timestamp convert(String text) {
      try {
        return timestamp(Instant.parse(text));
      } catch (DateTimeParseException e) {
        throw new TypeConversionException(
            "`" + text + "` is not an instant such as 2030-01-31T00:00:00Z");
      }
    }
  }

  /** {@code type:id}, or {@code id} alone. */
  static final class SubjectArgument implements ITypeConverter<Subject> {
    @Override
    public Subject convert(String text) {
      int colon = text.indexOf(':');
      return Subject.newBuilder()
          .setType(colon < 0 ? "" : text.substring(0, colon))
          .setId(text.substring(colon + 1))
          .build();
    }
  }

  static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }

  /** Whole numbers, true and false become what they look like; all else is text. */
  static Map<String, Value> properties(Map<String, String> texts) {
    Map<String, Value> values = new LinkedHashMap<>();
    texts.forEach((name, text) -> values.put(name, value(text)));
    return values;
  }

  private static Value value(String text) {
    if (text.matches("-?[0-9]{1,18}")) {
      return Value.newBuilder().setIntValue(Long.parseLong(text)).build();
    }
    if (text.equals("true") || text.equals("false")) {
      return Value.newBuilder().setBoolValue(Boolean.parseBoolean(text)).build();
    }
    return Value.newBuilder().setStringValue(text).build();
  }
}
