package dev.tallygate.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CatalogTextTest {
  private static final long SEED = Long.getLong("seed", 20_260_103);

  @Test
  void read_everyKey_isCanonical() {
    String yaml =
        """
        apiVersion: tallygate.dev/v1
        kind: Entitlement
        metadata: {name: exports}
        spec:
          model: metered
          limit: 1000
          partition-by: subject.properties.account.id
          partitions-max: 50
          limit-overrides:
            zeta: 7
            "007": 1
            acme: 5
          window:
            calendar: month
            time-zone: Europe/Berlin
          hold:
            ttl: 90s
            on-expiry: cancel
        ---
        apiVersion: tallygate.dev/v1
        kind: Entitlement
        metadata: {name: cad}
        spec:
          model: concurrent-session
          limit: 100
          lease:
            ttl: 15m
            ttl-max: 1h
            grace: 8s
            linger: 2d
            sharing: subject-and-device
        """;
    CatalogText.Reading reading = CatalogText.read(yaml);
    assertThat(reading.problems()).isEmpty();
    assertThat(reading.entitlements())
        .containsExactly(
            Entitlement.newBuilder()
                .setName("cad")
                .setLimit(100)
                .setConcurrentSession(
                    ConcurrentSession.newBuilder()
                        .setTtlUs(15 * Durations.MINUTE)
                        .setTtlMaxUs(Durations.HOUR)
                        .setGraceUs(8 * Durations.SECOND)
                        .setLingerUs(2 * Durations.DAY)
                        .setSharing(Sharing.SHARING_SUBJECT_AND_DEVICE))
                .build(),
            Entitlement.newBuilder()
                .setName("exports")
                .setLimit(1000)
                .addAllPartitionBy(List.of("subject", "properties", "account.id"))
                .setPartitionsMax(50)
                .addLimitOverrides(LimitOverride.newBuilder().setPartition("007").setLimit(1))
                .addLimitOverrides(LimitOverride.newBuilder().setPartition("acme").setLimit(5))
                .addLimitOverrides(LimitOverride.newBuilder().setPartition("zeta").setLimit(7))
                .setMetered(
                    Metered.newBuilder()
                        .setCalendar(Calendar.CALENDAR_MONTH)
                        .setTimeZone("Europe/Berlin")
                        .setHoldTtlUs(90 * Durations.SECOND)
                        .setHoldExpiryCancels(true))
                .build());
  }

  @Test
  void read_seatsAndSites_areCanonicalAndWrittenAsTheyWereRead() {
    String yaml =
        """
        apiVersion: tallygate.dev/v1
        kind: Entitlement
        metadata:
          name: campus
        spec:
          model: site
          window:
            calendar: year
            time-zone: "Europe/Berlin"
          scope:
            resource.type: [building]
            subject.properties.region: ["7", eu]
        ---
        apiVersion: tallygate.dev/v1
        kind: Entitlement
        metadata:
          name: named
        spec:
          model: named-user
          limit: 25
          seats:
            assignment: by-administrator
            cool-down: 30d
            idle-after: 90d
        """;
    CatalogText.Reading reading = CatalogText.read(yaml);
    assertThat(reading.problems()).isEmpty();
    assertThat(reading.entitlements())
        .containsExactly(
            Entitlement.newBuilder()
                .setName("campus")
                .setLimit(1_000_000_000_000_000L)
                .setSite(
                    Site.newBuilder()
                        .setCalendar(Calendar.CALENDAR_YEAR)
                        .setTimeZone("Europe/Berlin")
                        .addScope(
                            Scope.newBuilder()
                                .addAllPath(List.of("resource", "type"))
                                .addValues("building"))
                        .addScope(
                            Scope.newBuilder()
                                .addAllPath(List.of("subject", "properties", "region"))
                                .addAllValues(List.of("7", "eu"))))
                .build(),
            Entitlement.newBuilder()
                .setName("named")
                .setLimit(25)
                .setNamedUser(
                    NamedUser.newBuilder()
                        .setAssignedOnly(true)
                        .setCoolDownUs(30 * Durations.DAY)
                        .setIdleAfterUs(90 * Durations.DAY))
                .build());
    assertThat(CatalogText.read(CatalogText.write(reading.entitlements())).entitlements())
        .isEqualTo(reading.entitlements());
  }

  @Test
  void read_seatsAndSitesWithFewestKeys_takeTheDefaults() {
    CatalogText.Reading reading =
        CatalogText.read(
            """
            {apiVersion: tallygate.dev/v1, kind: Entitlement, metadata: {name: a}, spec: {model: named-user, limit: 1}}
            ---
            {apiVersion: tallygate.dev/v1, kind: Entitlement, metadata: {name: b}, spec: {model: site}}
            """);
    assertThat(reading.problems()).isEmpty();
    assertThat(reading.entitlements().get(0).getNamedUser())
        .isEqualTo(NamedUser.getDefaultInstance());
    assertThat(reading.entitlements().get(1).getSite())
        .isEqualTo(
            Site.newBuilder().setCalendar(Calendar.CALENDAR_MONTH).setTimeZone("UTC").build());
  }

  @Test
  void read_fewestKeys_takesTheDefaults() {
    CatalogText.Reading reading =
        CatalogText.read(
            """
            {apiVersion: tallygate.dev/v1, kind: Entitlement, metadata: {name: a}, spec: {model: concurrent-session, limit: 1}}
            ---
            {apiVersion: tallygate.dev/v1, kind: Entitlement, metadata: {name: b}, spec: {model: metered, limit: 1, window: {rolling: 30s}}}
            ---
            """);
    assertThat(reading.problems()).isEmpty();
    ConcurrentSession lease = reading.entitlements().get(0).getConcurrentSession();
    assertThat(lease.getTtlUs()).isEqualTo(15 * Durations.MINUTE);
    assertThat(lease.getTtlMaxUs()).isEqualTo(15 * Durations.MINUTE);
    assertThat(lease.getGraceUs()).isEqualTo(10 * Durations.SECOND);
    assertThat(lease.getSharing()).isEqualTo(Sharing.SHARING_SESSION);
    Metered metered = reading.entitlements().get(1).getMetered();
    assertThat(metered.getSlices()).isEqualTo(60);
    assertThat(metered.getHoldTtlUs()).isEqualTo(30 * Durations.SECOND);
  }

  @Test
  void read_empty_isAnEmptyCatalog() {
    assertThat(CatalogText.read("").problems()).isEmpty();
    assertThat(CatalogText.read("# nothing\n---\n").problems()).isEmpty();
    assertThat(CatalogText.read("").entitlements()).isEmpty();
  }

  @Test
  void read_manyFaults_areToldAtOnceWithPlaceKeyAndBound() {
    String yaml =
        """
        apiVersion: tallygate.dev/v1
        kind: Entitlement
        metadata: {name: -bad name-}
        spec:
          model: concurrent-session
          limit: -1
          color: red
          lease:
            ttl: 15x
            ttl-max: 1000d
            sharing: everybody
            forever: true
          window:
            calendar: day
        ---
        apiVersion: tallygate.dev/v1
        kind: Entitlement
        metadata: {name: m}
        spec:
          model: metered
          limit: 1
          partition-by: subject.color
          window:
            calendar: day
            rolling: 1h
        """;
    assertThat(CatalogText.read(yaml).problems())
        .extracting(Problem::toString)
        .containsExactly(
            "3:12: metadata.name: `-bad name-` is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter"
                + " or digit",
            "6:3: spec.limit: `-1` is not a whole number from 0 to 1000000000000000",
            "7:3: spec.color: is unknown; allowed here: model, limit, partition-by,"
                + " partitions-max, limit-overrides, fallback, enforcement, thresholds, features,"
                + " max-per-holder, reservations, lease, window, hold, seats, scope, overage",
            "9:5: spec.lease.ttl: `15x` is not a duration such as 500ms, 90s, 15m, 1h or 2d",
            "10:5: spec.lease.ttl-max: `1000d` is not from 15m to 365d",
            "11:5: spec.lease.sharing: `everybody` is none of session, subject, subject-and-device",
            "12:5: spec.lease.forever: is unknown; allowed here: ttl, ttl-max, grace, linger, sharing",
            "13:3: spec.window: is not for model concurrent-session",
            "22:3: spec.partition-by: `subject.color` is none of subject.id, subject.type, resource.id,"
                + " resource.type, action.name, subject.properties.NAME, resource.properties.NAME,"
                + " context.NAME",
            "23:3: spec.window: exactly one of calendar and rolling is needed");
  }

  @Test
  void read_everyBound_isNamed() {
    problem(
        "1:1: apiVersion: is missing: tallygate.dev/v1",
        meter("rolling: 1h").replace("apiVersion: tallygate.dev/v1\n", ""));
    problem(
        "1:1: apiVersion: `tallygate.dev/v9` is not tallygate.dev/v1",
        meter("rolling: 1h").replace("v1\n", "v9\n"));
    problem(
        "1:1: metadata.name: is missing",
        meter("rolling: 1h").replace("metadata: {name: a}\n", ""));
    problem(
        "3:21: metadata.color: is unknown; allowed here: name",
        meter("rolling: 1h").replace("{name: a}", "{name: a, color: b}"));
    problem(
        "1:1: kind: is missing: Entitlement",
        meter("rolling: 1h").replace("kind: Entitlement\n", ""));
    problem(
        "2:1: kind: `Policy` is none of Entitlement",
        session("", "").replace("Entitlement", "Policy"));
    problem("5:3: spec.limit: is missing: 0 to", session("", "").replace("  limit: 1\n", ""));
    problem(
        "6:3: spec.limit: `1000000000000001` is not",
        session("", "").replace("limit: 1\n", "limit: 1000000000000001\n"));
    problem("6:3: spec.limit: `1.5` is not", session("", "").replace("limit: 1\n", "limit: 1.5\n"));
    problem(
        "6:3: spec.limit: must be one value",
        session("", "").replace("limit: 1\n", "limit: [1]\n"));
    problem(
        "5:3: spec.model: `nodes` is unknown; allowed: concurrent-session, metered, named-user, site",
        session("", "").replace("concurrent-session", "nodes"));
    problem(
        "7:3: spec.lease: is not for model named-user",
        session("", "").replace("concurrent-session", "named-user"));
    problem(
        "7:11: spec.seats.cool-down: `4000d` is not from 0s to 3660d", seats("cool-down: 4000d"));
    problem("7:11: spec.seats.idle-after: `0s` is not from 1s to 3660d", seats("idle-after: 0s"));
    problem(
        "7:11: spec.seats.assignment: `never` is none of on-use, by-administrator",
        seats("assignment: never"));
    problem(
        "7:3: spec.max-per-holder: `0` is not a whole number from 1 to 1000000000000000",
        session("", "").replace("lease: {}", "max-per-holder: 0"));
    problem(
        "8:3: spec.max-per-holder: is not for model named-user",
        seats("") + "  max-per-holder: 1\n");
    String two = "exactly one of units, percent and unlimited is needed";
    problem("spec.overage: " + two, overage("units: 1, percent: 5"));
    problem("spec.overage: " + two, overage("for: 1d"));
    problem("overage.units: `0` is not a whole number from 1 to", overage("units: 0"));
    problem(
        "overage.percent: `1001` is not a whole number from 1 to 1000", overage("percent: 1001"));
    problem("overage.unlimited: `false` is none of true", overage("unlimited: false"));
    problem("overage.for: `0s` is not from 1s to 366d", overage("units: 1, for: 0s"));
    problem("overage.color: is unknown", overage("units: 1, color: red"));
    problem("spec.overage: is not for model site", site("overage: {units: 1}"));
    problem(
        "spec.fallback: `a b` is not the name of an entitlement",
        session("", "").replace("lease: {}", "fallback: a b"));
    problem(
        "spec.enforcement: `maybe` is none of enforce, observe",
        session("", "").replace("lease: {}", "enforcement: maybe"));
    problem(
        "spec.reservations: keep 2 units, the limit is 1",
        session("", "").replace("lease: {}", "reservations: {subject.type: {red: 2}}"));
    problem(
        "spec.reservations.subject.type.red: `0` is not a whole number from 1",
        session("", "").replace("lease: {}", "reservations: {subject.type: {red: 0}}"));
    problem("spec.reservations: is not for model site", site("reservations: {}"));
    problem("6:3: spec.limit: is not for model site", HEAD + "  model: site\n  limit: 5\n");
    problem("6:12: spec.window.rolling: is not for model site", site("window: {rolling: 1h}"));
    problem("6:11: spec.scope.color: `color` is none of subject.id", site("scope: {color: [red]}"));
    problem("spec.thresholds: is not for model site", site("thresholds: [80]"));
    problem(
        "6:11: spec.scope.subject.type: must be a list such as [eu, us]",
        site("scope: {subject.type: user}"));
    problem(
        "6:11: spec.scope.subject.type: must be a list such as [eu, us]",
        site("scope: {subject.type: []}"));
    problem(
        "6:26: spec.scope.subject.type: must hold texts or numbers",
        site("scope: {subject.type: [[a]]}"));
    problem(
        "7:11: spec.lease.grace: `1s` is not from 1728s to 1d", session("", "grace: 1s, ttl: 10d"));
    problem("7:11: spec.lease.ttl: `0s` is not from 1s to 365d", session("", "ttl: 0s"));
    problem("7:11: spec.lease.linger: `31d` is not from 0s to 30d", session("", "linger: 31d"));
    problem("7:3: spec.lease: must hold keys", session("", "").replace("lease: {}", "lease: 5"));
    problem("8:3: spec.partitions-max: needs partition-by", session("partitions-max: 5\n", ""));
    problem(
        "8:3: spec.limit-overrides: needs partition-by", session("limit-overrides: {a: 1}\n", ""));
    problem(
        "9:3: spec.partitions-max: `0` is not a whole number from 1 to 1000000",
        session("partition-by: subject.id\npartitions-max: 0\n", ""));
    problem(
        "9:21: spec.limit-overrides.a: `x` is not a whole number",
        session("partition-by: subject.id\nlimit-overrides: {a: x}\n", ""));
    problem(
        "7:12: spec.window.time-zone: `Mars/Base` is not an IANA time zone",
        meter("time-zone: Mars/Base, calendar: day"));
    problem(
        "7:12: spec.window.slices: is for rolling windows only", meter("slices: 5, calendar: day"));
    problem(
        "7:12: spec.window.slices: `65` is not a whole number from 1 to 64",
        meter("slices: 65, rolling: 1h"));
    problem(
        "7:12: spec.window.time-zone: is for calendar windows only",
        meter("time-zone: UTC, rolling: 1h"));
    problem("7:12: spec.window.rolling: `367d` is not from 1s to 366d", meter("rolling: 367d"));
    problem(
        "7:12: spec.window.calendar: `decade` is none of minute, hour,", meter("calendar: decade"));
    problem(
        "8:10: spec.hold.ttl: `2h` is not from 1s to 1h",
        meter("rolling: 1h") + "  hold: {ttl: 2h}\n");
    problem(
        "8:10: spec.hold.on-expiry: `keep` is none of charge, cancel",
        meter("rolling: 1h") + "  hold: {on-expiry: keep}\n");
  }

  @Test
  void read_whatHidesOrBreaks_isRefused() {
    problem("2:1: name: stands twice", "name: a\nname: b\n");
    for (String hidden : new String[] {"a: &x {}\n", "a: *x\n", "a: !!int 1\n", "a: !x {}\n"})
      problem("anchors, aliases and tags are not allowed", hidden);
    problem("1:1: a document must hold keys", "- a\n");
    problem("1:1: a document must hold keys", "hello\n");
    problem("is not YAML", "a: [1\n");
    problem("is not YAML", "a: \"\u0001\"\n");
    problem("stands twice", session("", "") + "---\n" + session("", ""));
    problem("allowed are at most 1048576", "#" + "x".repeat(1 << 20));
    assertThat(CatalogText.read("[".repeat(100_000)).problems()).isNotEmpty();
    assertThat(CatalogText.read("a: ".repeat(100_000)).problems()).isNotEmpty();
    assertThat(CatalogText.read("{a: ".repeat(10_000)).problems()).isNotEmpty();
    assertThat(CatalogText.read("x: 1\n---\n".repeat(10_000)).problems())
        .hasSize(CatalogText.PROBLEMS_MAX);
  }

  // What stands behind the hundredth fault is not read: the valid entitlement at the end is not
  // among those that were.
  @Test
  void textOfNothingButFaults_costsAHundredProblems() {
    String faults = "x: 1\n---\n".repeat(CatalogText.PROBLEMS_MAX);
    CatalogText.Reading reading = CatalogText.read(faults + session("", ""));
    assertThat(reading.problems()).hasSize(CatalogText.PROBLEMS_MAX);
    assertThat(reading.entitlements()).isEmpty();
    CatalogText.Reading less = CatalogText.read("- a\n---\n" + session("", ""));
    assertThat(less.problems()).hasSize(1);
    assertThat(less.entitlements()).hasSize(1);

    StringBuilder unknown = new StringBuilder(session("", ""));
    for (int i = 0; i < 10_000; i++) unknown.append("  k").append(i).append(": 1\n");
    assertThat(CatalogText.read(unknown.toString()).problems())
        .hasSize(CatalogText.PROBLEMS_MAX)
        .allMatch(problem -> problem.key().startsWith("spec.k"));
  }

  @Test
  void read_entitlementLargerThanARow_isRefused() {
    StringBuilder overrides = new StringBuilder("partition-by: subject.id\nlimit-overrides:\n");
    for (int i = 0; i < 300; i++)
      overrides.append("  ").append(i).append("x".repeat(250)).append(": 1\n");
    problem("spec.limit-overrides: the entitlement has 78", session(overrides.toString(), ""));
    problem(
        "bytes in its canonical form, allowed are at most 60000",
        session(overrides.toString(), ""));
  }

  @Test
  void read_manyFiles_areOneTextWithThePlacesOfEach() {
    CatalogText.Reading reading =
        CatalogText.read(
            List.of(
                new CatalogText.Source("a.yaml", session("", "")),
                new CatalogText.Source("b.yaml", "\n" + session("", "ttl: 0s")),
                new CatalogText.Source("c.yaml", "---\n# hello\n---\n" + session("", ""))));
    assertThat(reading.problems())
        .extracting(Problem::toString)
        .containsExactly(
            "b.yaml:8:11: spec.lease.ttl: `0s` is not from 1s to 365d",
            "c.yaml:4:1: metadata.name: the entitlement `a` stands twice; first at a.yaml:1");
    String half = "#" + "x".repeat(CatalogText.BYTES_MAX / 2);
    assertThat(
            CatalogText.read(
                    List.of(
                        new CatalogText.Source("a.yaml", half),
                        new CatalogText.Source("b.yaml", half),
                        new CatalogText.Source("c.yaml", half)))
                .problems())
        .extracting(Problem::toString)
        .containsExactly(
            "b.yaml:1:1: has 1048578 bytes, allowed are at most " + CatalogText.BYTES_MAX);
  }

  @Test
  void write_randomEntitlements_readBackTheSame() {
    System.out.println("seed " + SEED);
    for (int i = 0; i < 2_000; i++) {
      SplittableRandom random = new SplittableRandom(SEED + i);
      TreeMap<String, Entitlement> catalog = new TreeMap<>();
      for (int n = random.nextInt(4); n > 0; n--) {
        Entitlement entitlement = entitlement(random);
        catalog.put(entitlement.getName(), entitlement);
      }
      String yaml = CatalogText.write(catalog.values());
      CatalogText.Reading reading = CatalogText.read(yaml);
      assertThat(reading.problems()).as("seed %d: %s", SEED + i, yaml).isEmpty();
      assertThat(reading.entitlements())
          .as("seed %d: %s", SEED + i, yaml)
          .containsExactlyElementsOf(catalog.values());
      assertThat(CatalogText.write(reading.entitlements())).isEqualTo(yaml);
    }
  }

  @Test
  void read_noise_neverThrows() {
    System.out.println("seed " + SEED);
    String alphabet = "abkind:name Entitlement-[]{},\"'\n\n  &*!|>%#~?1.é😀\t";
    int[] runes = alphabet.codePoints().toArray();
    for (int i = 0; i < 5_000; i++) {
      SplittableRandom random = new SplittableRandom(SEED + i);
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(80); n > 0; n--)
        text.appendCodePoint(runes[random.nextInt(runes.length)]);
      CatalogText.Reading reading = CatalogText.read(text.toString());
      for (Problem problem : reading.problems()) assertThat(problem.line()).isPositive();
    }
  }

  @Test
  void read_thresholdsAndFeatures_areSortedAndWrittenSo() {
    CatalogText.Reading reading =
        CatalogText.read(session("thresholds: [100, 80]\nfeatures: [export, api]\n", ""));
    assertThat(reading.problems()).isEmpty();
    Entitlement read = reading.entitlements().getFirst();
    assertThat(read.getThresholdsList()).containsExactly(80, 100);
    assertThat(read.getFeaturesList()).containsExactly("api", "export");
    StringBuilder yaml = new StringBuilder();
    EntitlementWriter.write(read, yaml);
    assertThat(yaml).contains("  thresholds: [80, 100]\n  features: [api, export]\n");
    assertThat(CatalogText.read(yaml.toString()).entitlements()).containsExactly(read);
  }

  @Test
  void read_thresholdsAndFeaturesOutOfBounds_areNamed() {
    problem("spec.thresholds: must be a list such as [80, 100]", session("thresholds: []\n", ""));
    problem(
        "spec.thresholds: `101` is not a whole number from 1 to 100",
        session("thresholds: [101]\n", ""));
    problem("spec.thresholds: `x` is not a whole number", session("thresholds: [x]\n", ""));
    problem("spec.thresholds: names `80` twice", session("thresholds: [80, 80]\n", ""));
    problem(
        "spec.thresholds: has 9 entries, allowed are 8",
        session("thresholds: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n", ""));
    problem("spec.features: `a b` is not 1 to 64", session("features: [a b]\n", ""));
    problem("spec.features: names `a` twice", session("features: [a, a]\n", ""));
  }

  static Entitlement entitlement(SplittableRandom random) {
    Entitlement.Builder entitlement =
        Entitlement.newBuilder()
            .setName(random.nextInt(5) == 0 ? "yes" : "e." + random.nextInt(1_000))
            .setLimit(random.nextLong(1_000_000_000_000_000L));
    if (random.nextBoolean()) partitions(entitlement, random);
    if (random.nextBoolean()) entitlement.setOverage(overage(random));
    entitlement.setObserve(random.nextBoolean());
    if (random.nextBoolean()) entitlement.setFallback(random.nextBoolean() ? "no" : "e.7");
    for (int percent = random.nextInt(200); percent <= 100; percent += 20)
      entitlement.addThresholds(1 + percent * 99 / 100);
    for (int i = random.nextInt(4); i < 3; i++) entitlement.addFeatures("f." + i);
    switch (random.nextInt(4)) {
      case 0 ->
          entitlement
              .setConcurrentSession(lease(random))
              .setHolderMax(Math.max(0, random.nextLong(2_000) - 1_000))
              .addAllReservations(reservations(entitlement, random));
      case 1 -> entitlement.setMetered(metered(random));
      case 2 -> entitlement.setNamedUser(seats(random));
      default ->
          entitlement
              .setLimit(1_000_000_000_000_000L)
              .clearLimitOverrides()
              .clearOverage()
              .clearThresholds()
              .setSite(site(random));
    }
    return entitlement.build();
  }

  private static List<Reservation> reservations(
      Entitlement.Builder entitlement, SplittableRandom random) {
    List<Reservation> reservations = new ArrayList<>();
    if (entitlement.getLimit() < 10 || random.nextBoolean()) return reservations;
    for (String value : List.of("007", "a: b", "true"))
      if (random.nextBoolean())
        reservations.add(
            Reservation.newBuilder()
                .addAllPath(List.of("context", "team"))
                .setValue(value)
                .setUnits(1 + random.nextInt(3))
                .build());
    return reservations;
  }

  private static Overage overage(SplittableRandom random) {
    Overage.Builder overage = Overage.newBuilder().setForUs(random.nextLong(3) * Durations.DAY);
    return switch (random.nextInt(3)) {
      case 0 -> overage.setUnits(1 + random.nextLong(1_000)).build();
      case 1 -> overage.setPercent(1 + random.nextInt(1_000)).build();
      default -> overage.setUnlimited(true).build();
    };
  }

  private static NamedUser seats(SplittableRandom random) {
    return NamedUser.newBuilder()
        .setAssignedOnly(random.nextBoolean())
        .setCoolDownUs(random.nextLong(3_000) * Durations.HOUR)
        .setIdleAfterUs(random.nextLong(3) * Durations.DAY)
        .build();
  }

  private static Site site(SplittableRandom random) {
    Site.Builder site =
        Site.newBuilder()
            .setCalendar(Calendar.forNumber(1 + random.nextInt(6)))
            .setTimeZone(random.nextBoolean() ? "UTC" : "Asia/Kolkata");
    if (random.nextBoolean())
      site.addScope(
          Scope.newBuilder()
              .addAllPath(List.of("context", "a.b: c"))
              .addAllValues(List.of("007", "true", "x\"y", "日本")));
    if (random.nextBoolean())
      site.addScope(Scope.newBuilder().addAllPath(List.of("subject", "type")).addValues("user"));
    return site.build();
  }

  private static void partitions(Entitlement.Builder entitlement, SplittableRandom random) {
    List<List<String>> paths =
        List.of(
            List.of("subject", "id"),
            List.of("resource", "type"),
            List.of("action", "name"),
            List.of("context", "a.b: c"),
            List.of("subject", "properties", "x\"y"),
            List.of("resource", "properties", "日本"));
    entitlement
        .addAllPartitionBy(paths.get(random.nextInt(paths.size())))
        .setPartitionsMax(1 + random.nextInt(1_000_000));
    TreeMap<byte[], Long> overrides = new TreeMap<>(Arrays::compareUnsigned);
    String[] names = {
      "acme", "null", "7", "é", "😀", "a: b", "#x", "\t", "\u0085", "\u2028", " ", "-"
    };
    for (int n = random.nextInt(4); n > 0; n--)
      overrides.put(
          names[random.nextInt(names.length)].getBytes(StandardCharsets.UTF_8),
          random.nextLong(1_000));
    List<LimitOverride> sorted = new ArrayList<>();
    overrides.forEach(
        (name, limit) ->
            sorted.add(
                LimitOverride.newBuilder()
                    .setPartition(new String(name, StandardCharsets.UTF_8))
                    .setLimit(limit)
                    .build()));
    entitlement.addAllLimitOverrides(sorted);
  }

  private static ConcurrentSession lease(SplittableRandom random) {
    long ttl = Durations.SECOND + random.nextLong(1_000_000) * Durations.MILLISECOND;
    long ttlMax = ttl + random.nextInt(1_000) * Durations.SECOND;
    return ConcurrentSession.newBuilder()
        .setTtlUs(ttl)
        .setTtlMaxUs(ttlMax)
        .setGraceUs(Durations.DAY - random.nextInt(1_000) * Durations.SECOND)
        .setLingerUs(random.nextInt(3) * Durations.HOUR)
        .setSharing(Sharing.forNumber(1 + random.nextInt(3)))
        .build();
  }

  private static Metered metered(SplittableRandom random) {
    Metered.Builder metered =
        Metered.newBuilder()
            .setHoldTtlUs(Durations.SECOND * (1 + random.nextInt(60)))
            .setHoldExpiryCancels(random.nextBoolean());
    return random.nextBoolean()
        ? metered
            .setCalendar(Calendar.forNumber(1 + random.nextInt(6)))
            .setTimeZone(random.nextBoolean() ? "America/Argentina/Buenos_Aires" : "Etc/GMT+5")
            .build()
        : metered
            .setRollingUs(Durations.MINUTE + random.nextInt(100_000) * Durations.SECOND)
            .setSlices(1 + random.nextInt(64))
            .build();
  }

  private static final String HEAD =
      "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: a}\nspec:\n";

  private static String session(String more, String lease) {
    return HEAD
        + "  model: concurrent-session\n  limit: 1\n  lease: {"
        + lease
        + "}\n"
        + more.indent(2);
  }

  private static String overage(String keys) {
    return session("", "").replace("lease: {}", "overage: {" + keys + "}");
  }

  private static String seats(String keys) {
    return HEAD + "  model: named-user\n  limit: 1\n  seats: {" + keys + "}\n";
  }

  private static String site(String line) {
    return HEAD + "  model: site\n  " + line + "\n";
  }

  private static String meter(String window) {
    return HEAD + "  model: metered\n  limit: 1\n  window: {" + window + "}\n";
  }

  private static void problem(String expected, String yaml) {
    assertThat(CatalogText.read(yaml).problems())
        .as(yaml.length() < 500 ? yaml : "long text")
        .extracting(Problem::toString)
        .anySatisfy(problem -> assertThat(problem).contains(expected));
  }
}
