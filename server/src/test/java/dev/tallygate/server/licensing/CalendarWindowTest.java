package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.log.v1.Calendar;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CalendarWindowTest {
  private static final long SEED = Long.getLong("seed", 20_260_105);

  @Test
  void of_plainDates_areTheEdgesOfTheCalendar() {
    window(
        Calendar.CALENDAR_MINUTE,
        "UTC",
        "2026-03-04T05:06:07Z",
        "2026-03-04T05:06:00Z",
        "2026-03-04T05:07:00Z");
    window(
        Calendar.CALENDAR_HOUR,
        "UTC",
        "2026-03-04T05:06:07Z",
        "2026-03-04T05:00:00Z",
        "2026-03-04T06:00:00Z");
    window(
        Calendar.CALENDAR_HOUR,
        "Asia/Kolkata",
        "2026-03-04T05:06:07Z",
        "2026-03-04T04:30:00Z",
        "2026-03-04T05:30:00Z");
    window(
        Calendar.CALENDAR_DAY,
        "UTC",
        "2026-03-04T00:00:00Z",
        "2026-03-04T00:00:00Z",
        "2026-03-05T00:00:00Z");
    window(
        Calendar.CALENDAR_WEEK,
        "UTC",
        "2026-03-04T05:06:07Z",
        "2026-03-02T00:00:00Z",
        "2026-03-09T00:00:00Z");
    window(
        Calendar.CALENDAR_MONTH,
        "Europe/Berlin",
        "2026-03-31T21:59:59Z",
        "2026-02-28T23:00:00Z",
        "2026-03-31T22:00:00Z");
    window(
        Calendar.CALENDAR_YEAR,
        "Asia/Tokyo",
        "2026-12-31T14:59:59Z",
        "2025-12-31T15:00:00Z",
        "2026-12-31T15:00:00Z");
  }

  @Test
  void of_clocksGoForward_dayHas23Hours() {
    window(
        Calendar.CALENDAR_DAY,
        "Europe/Berlin",
        "2026-03-29T12:00:00Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z");
  }

  @Test
  void of_clocksGoBack_eachHourIsAWindowOfItsOwn() {
    window(
        Calendar.CALENDAR_HOUR,
        "Europe/Berlin",
        "2026-10-25T00:30:00Z",
        "2026-10-25T00:00:00Z",
        "2026-10-25T01:00:00Z");
    window(
        Calendar.CALENDAR_HOUR,
        "Europe/Berlin",
        "2026-10-25T01:30:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T02:00:00Z");
  }

  @Test
  void of_midnightThatDoesNotExist_dayBeginsAtOne() {
    window(
        Calendar.CALENDAR_DAY,
        "Africa/Cairo",
        "2026-04-24T12:00:00Z",
        "2026-04-23T22:00:00Z",
        "2026-04-24T21:00:00Z");
  }

  @Test
  void of_clocksMoveByHalfAnHour_changeIsAnEdge() {
    // Lord Howe: 2026-04-05 02:00 (+11:00) becomes 01:30 (+10:30).
    window(
        Calendar.CALENDAR_HOUR,
        "Australia/Lord_Howe",
        "2026-04-04T14:45:00Z",
        "2026-04-04T14:00:00Z",
        "2026-04-04T15:00:00Z");
    window(
        Calendar.CALENDAR_HOUR,
        "Australia/Lord_Howe",
        "2026-04-04T15:10:00Z",
        "2026-04-04T15:00:00Z",
        "2026-04-04T15:30:00Z");
  }

  // Every instant lies in its window, and the windows meet without gap or overlap.
  @Test
  void of_anyInstantInAnyZone_followsTheOneBefore() {
    System.out.println("seed " + SEED);
    SplittableRandom random = new SplittableRandom(SEED);
    String[] zones = ZoneId.getAvailableZoneIds().stream().sorted().toArray(String[]::new);
    for (int i = 0; i < 20_000; i++) {
      ZoneId zone = ZoneId.of(zones[random.nextInt(zones.length)]);
      Calendar calendar = Calendar.forNumber(1 + random.nextInt(6));
      long us = random.nextLong(4_000_000_000L) * 1_000_000 + random.nextInt(1_000_000);
      CalendarWindow window = CalendarWindow.of(calendar, zone, us);
      String as = "seed " + SEED + ", " + calendar + " " + zone + " " + us;
      assertThat(window.contains(us)).as(as).isTrue();
      assertThat(CalendarWindow.of(calendar, zone, window.startUs())).as(as).isEqualTo(window);
      assertThat(CalendarWindow.of(calendar, zone, window.endUs() - 1)).as(as).isEqualTo(window);
      CalendarWindow next = CalendarWindow.of(calendar, zone, window.endUs());
      assertThat(next.startUs()).as(as).isEqualTo(window.endUs());
    }
  }

  private static void window(Calendar calendar, String zone, String now, String start, String end) {
    assertThat(CalendarWindow.of(calendar, ZoneId.of(zone), us(now)))
        .as("%s %s %s", calendar, zone, now)
        .isEqualTo(new CalendarWindow(us(start), us(end)));
  }

  private static long us(String instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(instant));
  }
}
