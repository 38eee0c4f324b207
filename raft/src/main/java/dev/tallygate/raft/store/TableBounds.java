package dev.tallygate.raft.store;

import dev.tallygate.raft.state.LabelBlocks;
import dev.tallygate.raft.state.TableId;
import java.util.Locale;

/**
 * How many rows each table is made for. Files are sized by it when they are created; the core
 * counts rows and refuses at its own, replicated bounds, which must not be above these. Immutable.
 *
 * @param pools pools of all entitlements and partitions together, 1 to 30,000,000
 * @param leases leases and holds that are not yet forgotten, 1 to 30,000,000
 * @param requests answers kept under request ids over the whole window, 1 to 300,000,000
 * @param subjects holders that were ever seen, 1 to 30,000,000
 * @param tenants 1 to 300,000
 * @param entitlements of all tenants together, 1 to 300,000
 */
public record TableBounds(
    long pools, long leases, long requests, long subjects, long tenants, long entitlements) {

  /** Bounds of a small installation, and of tests. */
  public static final TableBounds SMALL =
      new TableBounds(10_000, 50_000, 200_000, 50_000, 100, 1_000);

  private static final long ROWS_MAX = 30_000_000;

  public TableBounds {
    range("bounds.pools-max", pools, ROWS_MAX);
    range("bounds.leases-max", leases, ROWS_MAX);
    range("bounds.requests-max", requests, 10 * ROWS_MAX);
    range("bounds.subjects-max", subjects, ROWS_MAX);
    range("bounds.tenants-max", tenants, ROWS_MAX / 100);
    range("bounds.entitlements-max", entitlements, ROWS_MAX / 100);
  }

  /** Rows that the table is made for; of request rows, those of all minutes together. */
  public long rows(TableId id) {
    return switch (id) {
      case META -> 1;
      case TENANTS -> tenants;
      // Ten times as many rows fit.
      case LABEL_BLOCKS -> tenants * (LabelBlocks.BLOCKS_MAX / 10);
      // Ten times as many rows fit: a version that changes everything is rare.
      case ENTITLEMENTS, CATALOG_VERSIONS -> entitlements;
      case POOLS -> pools;
      // A group has a row where one of its leases is; there are few groups.
      case GROUPS -> pools;
      // Ten times as many rows fit.
      case LEASES, SESSIONS, HOLDERS, LABELS -> leases;
      case SUBJECTS, NAMES, ENTITIES -> subjects;
      case REQUESTS -> requests;
    };
  }

  private static void range(String key, long value, long max) {
    if (value < 1 || value > max)
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s `%d` is not in 1-%d", key, value, max));
  }
}
