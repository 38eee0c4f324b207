package dev.tallygate.server.licensing;

import dev.tallygate.proto.log.v1.Calendar;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/**
 * One window of a calendar in a time zone: [start, end) in microseconds since 1970. Windows of one
 * calendar follow each other without gap or overlap, over every change of the zone's offset.
 */
record CalendarWindow(long startUs, long endUs) {

  boolean contains(long civilUs) {
    return startUs <= civilUs && civilUs < endUs;
  }

  /** The window in which an instant lies. Weeks begin on Monday (ISO 8601). */
  static CalendarWindow of(Calendar calendar, ZoneId zone, long civilUs) {
    Instant now = Instant.EPOCH.plus(civilUs, ChronoUnit.MICROS);
    ZonedDateTime local = now.atZone(zone);
    LocalDate day = local.toLocalDate();
    return switch (calendar) {
      case CALENDAR_MINUTE -> clock(local, ChronoUnit.MINUTES);
      case CALENDAR_HOUR -> clock(local, ChronoUnit.HOURS);
      case CALENDAR_DAY -> days(day, day.plusDays(1), zone);
      case CALENDAR_WEEK -> {
        LocalDate monday = day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
        yield days(monday, monday.plusWeeks(1), zone);
      }
      case CALENDAR_MONTH -> {
        LocalDate first = day.withDayOfMonth(1);
        yield days(first, first.plusMonths(1), zone);
      }
      case CALENDAR_YEAR -> {
        LocalDate first = day.withDayOfYear(1);
        yield days(first, first.plusYears(1), zone);
      }
      case CALENDAR_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("no calendar `" + calendar + "`");
    };
  }

  private static CalendarWindow days(LocalDate from, LocalDate to, ZoneId zone) {
    return between(from.atStartOfDay(zone).toInstant(), to.atStartOfDay(zone).toInstant());
  }

  /**
   * A minute or an hour as the clock on the wall shows it. Where the offset changes inside of it,
   * the change is an edge too: some zones move by half an hour.
   */
  private static CalendarWindow clock(ZonedDateTime local, ChronoUnit unit) {
    Instant start = local.toOffsetDateTime().truncatedTo(unit).toInstant();
    Instant end = start.plus(1, unit);
    ZoneRules rules = local.getZone().getRules();
    ZoneOffsetTransition before = rules.previousTransition(local.toInstant().plusNanos(1));
    if (before != null && before.getInstant().isAfter(start)) start = before.getInstant();
    ZoneOffsetTransition after = rules.nextTransition(local.toInstant());
    if (after != null && after.getInstant().isBefore(end)) end = after.getInstant();
    return between(start, end);
  }

  private static CalendarWindow between(Instant start, Instant end) {
    return new CalendarWindow(
        ChronoUnit.MICROS.between(Instant.EPOCH, start),
        ChronoUnit.MICROS.between(Instant.EPOCH, end));
  }
}
