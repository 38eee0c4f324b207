package dev.tallygate.loadtest;

import dev.tallygate.loadtest.peer.EntitlementYaml;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The entitlements that the runs apply to their own clusters. */
final class Catalogs {
  static final String GRANTS = "loadtest-grants";
  static final String EXHAUSTED = "loadtest-exhausted";
  static final String SESSIONS = "loadtest-sessions";

  /** A meter that no run can spend. */
  private static final long LIMIT_UNREACHED = 1_000_000_000_000L;

  private Catalogs() {}

  /** One meter of many pools, and one pool of a single unit. */
  static String compare() {
    return metered(
            GRANTS,
            LIMIT_UNREACHED,
            "partition-by: subject.properties.account",
            "partitions-max: 20000")
        + metered(EXHAUSTED, 1);
  }

  /** Sessions without end: the ttl is far longer than the run. */
  static String million(long sessions, int partitions) {
    List<String> lines =
        new ArrayList<>(List.of("lease: {ttl: 2h, ttl-max: 2h, grace: 60s, sharing: session}"));
    if (partitions > 1) {
      lines.add("partition-by: subject.properties.account");
      lines.add("partitions-max: " + partitions);
    }
    return EntitlementYaml.document(SESSIONS, "concurrent-session", sessions, lines);
  }

  /** Sessions that end soon where nobody renews them. */
  static String keepAlive(long sessions, Duration ttl) {
    String lease =
        "lease: {ttl: "
            + ttl.toSeconds()
            + "s, ttl-max: "
            + ttl.toSeconds()
            + "s, grace: 60s, sharing: session}";
    return EntitlementYaml.document(SESSIONS, "concurrent-session", sessions, List.of(lease));
  }

  private static String metered(String name, long limit, String... lines) {
    List<String> all = new ArrayList<>(List.of("window: {calendar: day, time-zone: UTC}"));
    all.addAll(List.of(lines));
    return EntitlementYaml.document(name, "metered", limit, all);
  }
}
