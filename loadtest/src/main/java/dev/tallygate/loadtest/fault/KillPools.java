package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.exact.LedgerRecount;
import dev.tallygate.loadtest.exact.PoolRule;
import dev.tallygate.loadtest.peer.EntitlementYaml;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * The pools that a run fights over: few seats for many sessions, and for each round a meter for
 * receipts and one for holds, small enough to be spent within the round.
 */
final class KillPools {
  static final String SEATS = "kill-seats";
  static final String QUOTA = "kill-quota";
  static final String HOLDS = "kill-holds";

  static final int SEAT_ACCOUNTS = 4;
  static final int SEATS_LIMIT = 5;
  static final int QUOTA_LIMIT = 800;
  static final int HOLDS_LIMIT = 400;

  /** After this a session that nobody renews is free again. */
  static final int SEAT_TTL_S = 5;

  static final int SEAT_GRACE_S = 1;

  /** After this a hold that nobody settles is charged. */
  static final int HOLD_TTL_S = 10;

  private static final int LATE_HOUR = 18;

  private KillPools() {}

  /** One pool: an entitlement and the account that picks the partition. */
  record Pool(String entitlement, String account) {
    String name() {
      return LedgerRecount.poolName(entitlement, account);
    }

    static Pool seats(int account) {
      return new Pool(SEATS, "account-" + account);
    }

    static Pool quota(int round) {
      return new Pool(QUOTA, "round-" + round);
    }

    static Pool holds(int round) {
      return new Pool(HOLDS, "round-" + round);
    }
  }

  static List<PoolRule> seatRules() {
    List<PoolRule> rules = new ArrayList<>();
    for (int account = 0; account < SEAT_ACCOUNTS; account++) {
      rules.add(new PoolRule(Pool.seats(account).name(), SEATS_LIMIT, true));
    }
    return rules;
  }

  static List<PoolRule> meterRules(int round) {
    return List.of(
        new PoolRule(Pool.quota(round).name(), QUOTA_LIMIT, false),
        new PoolRule(Pool.holds(round).name(), HOLDS_LIMIT, false));
  }

  static String catalog(Instant now) {
    String window = "window: {calendar: day, time-zone: " + timeZone(now) + "}";
    String lease =
        "lease: {ttl: "
            + SEAT_TTL_S
            + "s, ttl-max: 60s, grace: "
            + SEAT_GRACE_S
            + "s, sharing: session}";
    String hold = "hold: {ttl: " + HOLD_TTL_S + "s, on-expiry: charge}";
    return document(SEATS, "concurrent-session", SEATS_LIMIT, lease)
        + document(QUOTA, "metered", QUOTA_LIMIT, window)
        + document(HOLDS, "metered", HOLDS_LIMIT, window, hold);
  }

  private static String document(String name, String model, int limit, String... lines) {
    List<String> all = new ArrayList<>(List.of(lines));
    all.add("partition-by: subject.properties.account");
    all.add("partitions-max: 20000");
    return EntitlementYaml.document(name, model, limit, all);
  }

  // A day that ended during the run would give every meter its units back. UTC-12 is in the morning
  // while UTC is late.
  static String timeZone(Instant now) {
    return now.atOffset(ZoneOffset.UTC).getHour() >= LATE_HOUR ? "Etc/GMT+12" : "UTC";
  }
}
