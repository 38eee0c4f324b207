package dev.tallygate.loadtest;

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
    return metered(GRANTS, LIMIT_UNREACHED, true) + "---\n" + metered(EXHAUSTED, 1, false);
  }

  /** Sessions without end: the ttl is far longer than the run. */
  static String million(long sessions) {
    return head(SESSIONS)
        + "  model: concurrent-session\n"
        + "  limit: "
        + sessions
        + "\n"
        + "  lease: {ttl: 2h, ttl-max: 2h, grace: 60s, sharing: session}\n";
  }

  private static String metered(String name, long limit, boolean partitioned) {
    return head(name)
        + "  model: metered\n"
        + "  limit: "
        + limit
        + "\n"
        + "  window: {calendar: day, time-zone: UTC}\n"
        + (partitioned
            ? "  partition-by: subject.properties.account\n  partitions-max: 20000\n"
            : "");
  }

  private static String head(String name) {
    return "apiVersion: tallygate.dev/v1\n"
        + "kind: Entitlement\n"
        + "metadata: {name: "
        + name
        + "}\n"
        + "spec:\n";
  }
}
