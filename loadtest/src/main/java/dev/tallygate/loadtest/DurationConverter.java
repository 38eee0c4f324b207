package dev.tallygate.loadtest;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 40s}, {@code 2m} or {@code 1.5s}. */
final class DurationConverter implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    try {
      Duration duration = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
      if (!duration.isNegative() && duration.compareTo(Duration.ofHours(1)) <= 0) return duration;
    } catch (DateTimeParseException e) {
      // Falls through to the one message.
    }
    throw new TypeConversionException("duration `" + text + "` is not like 40s or 2m, 0s to 1h");
  }
}
