package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.LimitOverride;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.log.v1.Overage;
import dev.tallygate.proto.log.v1.Reservation;
import dev.tallygate.proto.log.v1.Scope;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.log.v1.Site;
import dev.tallygate.raft.state.Counts;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads one document of kind Entitlement. Keys and their defaults:
 *
 * <pre>
 * apiVersion: tallygate.dev/v1
 * kind: Entitlement
 * metadata: {name: cad}              1 to 64 of A-Z a-z 0-9 . _ -
 * spec:
 *   model: concurrent-session        or metered, named-user, site
 *   limit: 100                       0 to 10^15, of each pool; not for a site
 *   partition-by: subject.id         absent: one pool
 *   partitions-max: 10000            1 to 1,000,000; only with partition-by
 *   limit-overrides: {acme: 5}       by partition; only with partition-by
 *   max-per-holder: 2                1 to 10^15, units of one holder in a pool; concurrent-session
 *                                    only; absent: as many as there are
 *   enforcement: enforce             or observe: what would be refused is granted, and says so
 *   fallback: site                   name of the entitlement that is tried where this one is
 *                                    exhausted; absent: none
 *   overage:                         not for a site; absent: none
 *     units: 10                      one of units (1 to 10^15), percent (1 to 1000, of the limit,
 *                                    rounded down) and unlimited: true
 *     for: 14d                       1s to 366d, from the first unit beyond the limit until none
 *                                    is; absent: without end
 *   reservations:                    concurrent-session and named-user: units of each pool that are
 *     subject.properties.team:       kept for those whose attribute has the value; the first that
 *       red: 2                       fits counts
 *   thresholds: [80, 100]            per cents of the limit at which use is told of; absent: none;
 *                                    not for a site
 *   features: [export, api]          what it unlocks; names as of metadata
 *   lease:                           concurrent-session only
 *     ttl: 15m                       1s to 365d
 *     ttl-max: 15m                   ttl to 365d; as ttl where absent
 *     grace: 10s                     ttl-max / 500 to 1d; the larger of 10s and that where absent
 *     linger: 0s                     0s to 30d
 *     sharing: session               or subject, subject-and-device
 *   seats:                           named-user only
 *     assignment: on-use             or by-administrator
 *     cool-down: 0s                  0s to 3660d, after the assignment
 *     idle-after: 90d                1s to 3660d; absent: never
 *   scope:                           site only: attribute and its values; absent: everybody
 *     subject.properties.region: [eu, us]
 *   window:                          metered: one of calendar and rolling; site: calendar
 *     calendar: day                  minute, hour, day, week, month, year; site: month
 *                                    where absent
 *     time-zone: UTC                 IANA name; only with calendar
 *     rolling: 1h                    1s to 366d
 *     slices: 60                     1 to 64; only with rolling
 *   hold:                            metered only
 *     ttl: 1m                        1s to the window's length
 *     on-expiry: charge              or cancel
 * </pre>
 */
final class EntitlementReader {
  static final String API_VERSION = "tallygate.dev/v1";
  static final String KIND = "Entitlement";
  static final String NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
  static final String CONCURRENT = "concurrent-session";
  static final String METERED = "metered";
  static final String NAMED = "named-user";
  static final String SITE = "site";
  static final List<String> MODELS = List.of(CONCURRENT, METERED, NAMED, SITE);
  static final List<String> SHARINGS = List.of("session", "subject", "subject-and-device");
  static final List<String> CALENDARS = List.of("minute", "hour", "day", "week", "month", "year");
  static final List<String> EXPIRIES = List.of("charge", "cancel");
  static final List<String> ASSIGNMENTS = List.of("on-use", "by-administrator");
  private static final List<String> PLACES =
      List.of("subject.id", "subject.type", "resource.id", "resource.type", "action.name");
  private static final List<String> PREFIXES =
      List.of("subject.properties.", "resource.properties.", "context.");

  static final long LIMIT_MAX = Counts.LIMIT_MAX;
  static final int PARTITION_BYTES_MAX = 256;
  private static final int PROPERTY_BYTES_MAX = 64;
  private static final int CANONICAL_BYTES_MAX = dev.tallygate.raft.state.Entitlement.BYTES_MAX;
  static final int OVERRIDES_MAX = 1_000;
  static final int PERCENT_MAX = 100;
  static final int THRESHOLDS_MAX = dev.tallygate.raft.state.Entitlement.THRESHOLDS_MAX;
  static final int FEATURES_MAX = 32;
  static final long PARTITIONS_MAX = 1_000_000;
  static final long PARTITIONS_DEFAULT = 10_000;
  private static final long TTL_DEFAULT_US = 15 * Durations.MINUTE;
  private static final long TTL_MAX_US = 365 * Durations.DAY;
  private static final long GRACE_DEFAULT_US = 10 * Durations.SECOND;
  private static final long GRACE_MAX_US = Durations.DAY;

  /** A client's clock may run slow by this part of a ttl and still be warned in time. */
  private static final long GRACE_PART = 500;

  private static final long SEAT_MAX_US = 3_660 * Durations.DAY;
  static final int SCOPE_MAX = 8;

  /** Of all attributes together: an Allocate reads a row for each. */
  static final int RESERVATIONS_MAX = 8;

  static final int SCOPE_VALUES_MAX = 100;
  private static final long LINGER_MAX_US = 30 * Durations.DAY;
  private static final long ROLLING_MAX_US = 366 * Durations.DAY;
  static final int SLICES_MAX = 64;
  static final int OVERAGE_PERCENT_MAX = 1_000;
  static final List<String> ENFORCEMENTS = List.of("enforce", "observe");
  static final List<String> UNLIMITED = List.of("true");
  private static final long OVERAGE_MAX_US = 366 * Durations.DAY;
  private static final int SLICES_DEFAULT = 60;
  private static final long HOLD_DEFAULT_US = Durations.MINUTE;

  private final Section document;
  private final Section metadata;
  private final Section spec;
  private final Entitlement.Builder entitlement = Entitlement.newBuilder();

  private EntitlementReader(Section document) {
    this.document = document;
    this.metadata = document.section("metadata");
    this.spec = document.section("spec");
  }

  /** Null where something is wrong, which the list then says. */
  static @Nullable Entitlement read(YamlNode document, Problems problems) {
    if (!(document instanceof YamlNode.Mapping mapping)) {
      problems.add(
          new Problem(document.line(), document.column(), "", "a document must hold keys"));
      return null;
    }
    int before = problems.size();
    Entitlement read = new EntitlementReader(new Section("", mapping, problems)).all();
    return problems.size() == before ? read : null;
  }

  private Entitlement all() {
    String version = document.required("apiVersion", API_VERSION);
    if (version != null && !version.equals(API_VERSION))
      document.problem("apiVersion", "`" + version + "` is not " + API_VERSION);
    String kind = document.required("kind", KIND);
    if (kind != null && !kind.equals(KIND))
      document.problem("kind", "`" + kind + "` is none of " + KIND);
    document.refuseUnknown();
    name();
    String model = model();
    limit(model);
    partitions();
    fallback();
    entitlement.setObserve("observe".equals(spec.word("enforcement", ENFORCEMENTS)));
    thresholds();
    features();
    // What may stand in them depends on the model, which may not be known.
    if (model == null)
      spec.know(
          "max-per-holder", "overage", "reservations", "lease", "window", "hold", "seats", "scope");
    else ofModel(model);
    if (spec.has("overage") && !SITE.equals(model)) overage(spec.section("overage"));
    spec.refuseUnknown();
    Entitlement read = entitlement.build();
    if (read.getSerializedSize() > CANONICAL_BYTES_MAX)
      spec.problem(
          "limit-overrides",
          "the entitlement has "
              + read.getSerializedSize()
              + " bytes in its canonical form, allowed are at most "
              + CANONICAL_BYTES_MAX);
    return read;
  }

  private void name() {
    String name = metadata.required("name", "1 to 64 of A-Z a-z 0-9 . _ -");
    metadata.refuseUnknown();
    if (name == null) return;
    if (!name.matches(NAME))
      metadata.problem(
          "name",
          "`" + name + "` is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit");
    entitlement.setName(name);
  }

  private @Nullable String model() {
    String allowed = String.join(", ", MODELS);
    String model = spec.required("model", allowed);
    if (model == null || MODELS.contains(model)) return model;
    spec.problem("model", "`" + model + "` is unknown; allowed: " + allowed);
    return null;
  }

  private void limit(@Nullable String model) {
    if (SITE.equals(model)) {
      refuse(SITE, "limit", "limit-overrides", "thresholds");
      entitlement.setLimit(LIMIT_MAX);
      return;
    }
    if (!spec.has("limit")) spec.problem("limit", "is missing: 0 to " + LIMIT_MAX);
    entitlement.setLimit(spec.number("limit", 0, 0, LIMIT_MAX));
  }

  private void ofModel(String model) {
    switch (model) {
      case METERED -> {
        metered();
        refuse(METERED, "max-per-holder", "reservations", "lease", "seats", "scope");
      }
      case NAMED -> {
        reservations(spec.section("reservations"));
        seats(spec.section("seats"));
        refuse(NAMED, "max-per-holder", "lease", "window", "hold", "scope");
      }
      case SITE -> {
        site();
        refuse(SITE, "max-per-holder", "overage", "reservations", "lease", "hold", "seats");
      }
      default -> {
        entitlement.setHolderMax(spec.number("max-per-holder", 0, 1, LIMIT_MAX));
        reservations(spec.section("reservations"));
        lease(spec.section("lease"));
        refuse(CONCURRENT, "window", "hold", "seats", "scope");
      }
    }
  }

  private void refuse(String model, String... keys) {
    for (String key : keys) if (spec.has(key)) spec.problem(key, "is not for model " + model);
  }

  private void partitions() {
    String path = spec.text("partition-by");
    if (path != null) entitlement.addAllPartitionBy(path(spec, "partition-by", path));
    for (String key : List.of("partitions-max", "limit-overrides"))
      if (spec.has(key) && !spec.has("partition-by"))
        spec.problem(key, "needs partition-by: without it there is one pool");
    long most = spec.number("partitions-max", PARTITIONS_DEFAULT, 1, PARTITIONS_MAX);
    if (path == null) return;
    entitlement.setPartitionsMax(most);
    overrides(spec.section("limit-overrides"));
  }

  /** The parts of an attribute path that stands at or under a key. */
  private static List<String> path(Section section, String key, String path) {
    if (PLACES.contains(path)) return Arrays.asList(path.split("\\.", 2));
    for (String prefix : PREFIXES) {
      String name = path.startsWith(prefix) ? path.substring(prefix.length()) : "";
      if (bytes(name) < 1 || bytes(name) > PROPERTY_BYTES_MAX) continue;
      String[] place = prefix.substring(0, prefix.length() - 1).split("\\.", 2);
      return place.length == 1 ? List.of(place[0], name) : List.of(place[0], place[1], name);
    }
    section.problem(
        key,
        "`"
            + path
            + "` is none of "
            + String.join(", ", PLACES)
            + ", subject.properties.NAME, resource.properties.NAME, context.NAME");
    return List.of();
  }

  /** What {@code partition-by} may say, as a regular expression that JSON Schema understands. */
  static String partitionPattern() {
    String fixed = String.join("|", PLACES).replace(".", "\\.");
    String named = String.join("|", PREFIXES).replace(".", "\\.");
    return "^(" + fixed + "|(" + named + ").{1," + PROPERTY_BYTES_MAX + "})$";
  }

  private void overrides(Section overrides) {
    TreeMap<byte[], LimitOverride> sorted = new TreeMap<>(Arrays::compareUnsigned);
    for (String partition : overrides.anyKeys()) {
      if (bytes(partition) < 1 || bytes(partition) > PARTITION_BYTES_MAX)
        overrides.problem(partition, "a partition has 1 to " + PARTITION_BYTES_MAX + " bytes");
      long limit = overrides.number(partition, 0, 0, LIMIT_MAX);
      sorted.put(
          partition.getBytes(StandardCharsets.UTF_8),
          LimitOverride.newBuilder().setPartition(partition).setLimit(limit).build());
    }
    if (sorted.size() > OVERRIDES_MAX)
      spec.problem(
          "limit-overrides", "has " + sorted.size() + " entries, allowed are " + OVERRIDES_MAX);
    entitlement.addAllLimitOverrides(sorted.values());
  }

  /** Ascending. */
  private void thresholds() {
    TreeSet<Integer> percents = new TreeSet<>();
    for (String text : spec.texts("thresholds", "[80, 100]")) {
      int percent = text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : 0;
      if (percent < 1 || percent > PERCENT_MAX)
        spec.problem("thresholds", "`" + text + "` is not a whole number from 1 to " + PERCENT_MAX);
      else if (!percents.add(percent)) spec.problem("thresholds", "names `" + text + "` twice");
    }
    if (percents.size() > THRESHOLDS_MAX)
      spec.problem(
          "thresholds", "has " + percents.size() + " entries, allowed are " + THRESHOLDS_MAX);
    entitlement.addAllThresholds(percents);
  }

  /** Sorted: the order of a chain is that of entitlements, not of what one unlocks. */
  private void features() {
    TreeSet<String> features = new TreeSet<>();
    for (String feature : spec.texts("features", "[export, api]")) {
      if (!feature.matches(NAME))
        spec.problem(
            "features",
            "`"
                + feature
                + "` is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit");
      else if (!features.add(feature)) spec.problem("features", "names `" + feature + "` twice");
    }
    if (features.size() > FEATURES_MAX)
      spec.problem("features", "has " + features.size() + " entries, allowed are " + FEATURES_MAX);
    entitlement.addAllFeatures(features);
  }

  private void lease(Section lease) {
    long ttl = lease.durationUs("ttl", TTL_DEFAULT_US, Durations.SECOND, TTL_MAX_US);
    long ttlMax = lease.durationUs("ttl-max", ttl, ttl, TTL_MAX_US);
    // In whole milliseconds, so that it can be written down.
    long graceMin =
        Math.ceilDiv(ttlMax, GRACE_PART * Durations.MILLISECOND) * Durations.MILLISECOND;
    long grace =
        lease.durationUs("grace", Math.max(GRACE_DEFAULT_US, graceMin), graceMin, GRACE_MAX_US);
    long linger = lease.durationUs("linger", 0, 0, LINGER_MAX_US);
    String sharing = lease.word("sharing", SHARINGS);
    lease.refuseUnknown();
    entitlement.setConcurrentSession(
        ConcurrentSession.newBuilder()
            .setTtlUs(ttl)
            .setTtlMaxUs(ttlMax)
            .setGraceUs(grace)
            .setLingerUs(linger)
            .setSharing(sharing(sharing)));
  }

  private static Sharing sharing(@Nullable String word) {
    if (word == null) return Sharing.SHARING_SESSION;
    return switch (word) {
      case "subject" -> Sharing.SHARING_SUBJECT;
      case "subject-and-device" -> Sharing.SHARING_SUBJECT_AND_DEVICE;
      default -> Sharing.SHARING_SESSION;
    };
  }

  /** Sorted by attribute, then value: the canonical form. */
  private void reservations(Section reservations) {
    TreeMap<String, Reservation> sorted = new TreeMap<>();
    long kept = 0;
    for (String attribute : reservations.anyKeys()) {
      Section values = reservations.section(attribute);
      List<String> path = path(reservations, attribute, attribute);
      for (String value : values.anyKeys()) {
        if (bytes(value) < 1 || bytes(value) > PARTITION_BYTES_MAX)
          values.problem(value, "a value has 1 to " + PARTITION_BYTES_MAX + " bytes");
        long units = values.number(value, 1, 1, LIMIT_MAX);
        kept = Math.min(LIMIT_MAX + 1, kept + units);
        sorted.put(
            attribute + "\0" + value,
            Reservation.newBuilder().addAllPath(path).setValue(value).setUnits(units).build());
      }
    }
    if (sorted.size() > RESERVATIONS_MAX)
      spec.problem(
          "reservations", "has " + sorted.size() + " groups, allowed are " + RESERVATIONS_MAX);
    if (kept > entitlement.getLimit())
      spec.problem(
          "reservations", "keep " + kept + " units, the limit is " + entitlement.getLimit());
    entitlement.addAllReservations(sorted.values());
  }

  private void fallback() {
    String name = spec.text("fallback");
    if (name == null) return;
    if (!name.matches(NAME))
      spec.problem("fallback", "`" + name + "` is not the name of an entitlement");
    entitlement.setFallback(name);
  }

  private void overage(Section overage) {
    long given = List.of("units", "percent", "unlimited").stream().filter(overage::has).count();
    if (given != 1)
      spec.problem("overage", "exactly one of units, percent and unlimited is needed");
    Overage.Builder read =
        Overage.newBuilder()
            .setUnits(overage.number("units", 0, 1, LIMIT_MAX))
            .setPercent((int) overage.number("percent", 0, 1, OVERAGE_PERCENT_MAX))
            .setUnlimited(overage.word("unlimited", UNLIMITED) != null)
            .setForUs(overage.durationUs("for", 0, Durations.SECOND, OVERAGE_MAX_US));
    overage.refuseUnknown();
    entitlement.setOverage(read);
  }

  private void seats(Section seats) {
    String assignment = seats.word("assignment", ASSIGNMENTS);
    long coolDown = seats.durationUs("cool-down", 0, 0, SEAT_MAX_US);
    long idleAfter = seats.durationUs("idle-after", 0, Durations.SECOND, SEAT_MAX_US);
    seats.refuseUnknown();
    entitlement.setNamedUser(
        NamedUser.newBuilder()
            .setAssignedOnly("by-administrator".equals(assignment))
            .setCoolDownUs(coolDown)
            .setIdleAfterUs(idleAfter));
  }

  private void site() {
    Section window = spec.section("window");
    Metered.Builder calendar = Metered.newBuilder();
    if (window.has("rolling")) window.problem("rolling", "is not for model " + SITE);
    long unused = calendar(window, calendar);
    window.refuseUnknown();
    entitlement.setSite(
        Site.newBuilder()
            .setCalendar(window.has("calendar") ? calendar.getCalendar() : Calendar.CALENDAR_MONTH)
            .setTimeZone(calendar.getTimeZone())
            .addAllScope(scope(spec.section("scope"))));
  }

  /** Sorted by attribute, each with its values sorted: the canonical form. */
  private List<Scope> scope(Section scope) {
    TreeMap<String, Scope> parts = new TreeMap<>();
    for (String key : scope.anyKeys()) {
      TreeSet<String> values = new TreeSet<>(scope.texts(key, "[eu, us]"));
      for (String value : values)
        if (bytes(value) > PARTITION_BYTES_MAX)
          scope.problem(key, "a value has at most " + PARTITION_BYTES_MAX + " bytes");
      if (values.size() > SCOPE_VALUES_MAX)
        scope.problem(key, "has " + values.size() + " values, allowed are " + SCOPE_VALUES_MAX);
      parts.put(
          key, Scope.newBuilder().addAllPath(path(scope, key, key)).addAllValues(values).build());
    }
    if (parts.size() > SCOPE_MAX)
      spec.problem("scope", "has " + parts.size() + " attributes, allowed are " + SCOPE_MAX);
    return List.copyOf(parts.values());
  }

  private void metered() {
    Metered.Builder metered = Metered.newBuilder();
    Section window = spec.section("window");
    long lengthUs = window(window, metered);
    window.refuseUnknown();
    Section hold = spec.section("hold");
    metered.setHoldTtlUs(
        hold.durationUs("ttl", Math.min(HOLD_DEFAULT_US, lengthUs), Durations.SECOND, lengthUs));
    metered.setHoldExpiryCancels("cancel".equals(hold.word("on-expiry", EXPIRIES)));
    hold.refuseUnknown();
    entitlement.setMetered(metered);
  }

  /** Returns the window's length in microseconds; of a calendar's, the shortest that occurs. */
  private long window(Section window, Metered.Builder metered) {
    boolean calendar = window.has("calendar");
    if (calendar == window.has("rolling")) {
      spec.problem("window", "exactly one of calendar and rolling is needed");
      window.know("time-zone", "slices");
      return Durations.DAY;
    }
    return calendar ? calendar(window, metered) : rolling(window, metered);
  }

  private long calendar(Section window, Metered.Builder metered) {
    String unit = window.word("calendar", CALENDARS);
    if (window.has("slices")) window.problem("slices", "is for rolling windows only");
    String zone = window.text("time-zone");
    if (zone != null && !ZoneId.getAvailableZoneIds().contains(zone))
      window.problem(
          "time-zone", "`" + zone + "` is not an IANA time zone such as UTC or Europe/Berlin");
    metered.setTimeZone(zone == null ? "UTC" : zone);
    if (unit == null) return Durations.DAY;
    metered.setCalendar(Calendar.valueOf("CALENDAR_" + unit.toUpperCase(Locale.ROOT)));
    return switch (unit) {
      case "minute" -> Durations.MINUTE;
      case "hour" -> Durations.HOUR;
      // A day on which clocks go forward.
      case "day" -> Durations.DAY - Durations.HOUR;
      case "week" -> 7 * Durations.DAY - Durations.HOUR;
      case "month" -> 28 * Durations.DAY - Durations.HOUR;
      default -> 365 * Durations.DAY - Durations.HOUR;
    };
  }

  private long rolling(Section window, Metered.Builder metered) {
    if (window.has("time-zone")) window.problem("time-zone", "is for calendar windows only");
    long length = window.durationUs("rolling", Durations.HOUR, Durations.SECOND, ROLLING_MAX_US);
    metered.setRollingUs(length);
    metered.setSlices((int) window.number("slices", SLICES_DEFAULT, 1, SLICES_MAX));
    return length;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
