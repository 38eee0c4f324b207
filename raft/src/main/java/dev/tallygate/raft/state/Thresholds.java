package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;

/**
 * How far the use of one pool has come, by the thresholds of its entitlement: per cents of the
 * limit, ascending. A threshold is raised when use reaches it, and armed again when use has fallen
 * below it by a twentieth of the limit, so that a large pool that stays near one does not raise it
 * with every grant. What is raised is always the thresholds up to some per cent: one number.
 *
 * <p>A pool's counts are compared with two numbers that are kept here; only beyond one of them is
 * there anything to do.
 */
final class Thresholds {
  private static final int REST_PART = 20;

  /** The highest that was raised, in per cent; 0 for none. */
  int raised;

  private int[] percents = {};
  private long nextAt;
  private long armedBelow;
  private long limit = -1;

  /** Other thresholds, of which is not known yet what they come to. */
  void of(Entitlement entitlement) {
    percents = entitlement.thresholds();
    limit = -1;
  }

  /** Whether one is to be raised or armed again. */
  boolean due(Counts counts) {
    long use = counts.taken();
    return use >= nextAt || use < armedBelow || counts.limit != limit;
  }

  /** Use at which a threshold is raised: nothing is raised while nothing is taken. */
  static long reachedAt(int percent, long limit) {
    return Math.max(1, Math.ceilDiv(limit * percent, 100));
  }

  /** Use below which it is armed again. */
  static long armedBelow(int percent, long limit) {
    return Math.max(1, reachedAt(percent, limit) - limit / REST_PART);
  }

  /**
   * Raises and arms what the counts say. What is raised is recorded under the tenant's position,
   * behind what changed the counts.
   */
  static void look(State state, Tenant tenant, Pool pool, LedgerRecord record, int ordinal) {
    if (raises(state, pool, record)) state.record(tenant, record, ordinal);
  }

  /** Raises and arms what the counts say; true where the record is to be written. */
  static boolean raises(State state, Pool pool, LedgerRecord record) {
    Counts counts = pool.counts();
    Thresholds of = pool.thresholds();
    // A retired pool has no limit that use could come near.
    if (!of.due(counts) || pool.retired() != null) return false;
    int before = of.raised;
    record.clear(LedgerKind.LEDGER_KIND_THRESHOLD).pool(pool.number(), counts);
    record.count = counts.taken();
    of.move(record.count, counts.limit, record);
    if (of.raised != before) state.touch(pool);
    return record.thresholds.length() > 0;
  }

  private void move(long use, long limitNow, LedgerRecord record) {
    limit = limitNow;
    int stays = 0;
    for (int percent : percents)
      if (percent <= raised && use >= armedBelow(percent, limit)) stays = percent;
    raised = stays;
    nextAt = Long.MAX_VALUE;
    for (int percent : percents) {
      if (percent <= raised) continue;
      nextAt = reachedAt(percent, limit);
      if (use < nextAt) break;
      raised = percent;
      record.thresholds.addByte(percent);
      nextAt = Long.MAX_VALUE;
    }
    armedBelow = raised == 0 ? Long.MIN_VALUE : armedBelow(raised, limit);
  }
}
