package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;

/**
 * Windows of metered pools: what has left a window comes back before anything else is planned on
 * the pool. Each return is a change of its own, with its own position and record.
 *
 * <p>A rolling window of length W is cut into n slices of L = W / n, rounded up. Slice s covers
 * [sL, (s + 1)L) and leaves at (s + 1 + n)L, when even its newest unit has been counted for W. So
 * the count errs on the safe side by at most one slice, and up to n + 1 slices count at once.
 */
final class Meters {
  private Meters() {}

  static long currentSlice(Pool pool, long elapsedUs) {
    return elapsedUs / pool.entitlement().sliceUs();
  }

  /** When the slice leaves, on the elapsed clock. */
  static long sliceEnds(Pool pool, long slice) {
    return (slice + pool.sliceCount()) * pool.entitlement().sliceUs();
  }

  /** The oldest slice that counts units. There is one wherever {@code used > 0}. */
  static long oldestUsed(Pool pool) {
    for (long slice = Math.max(0, pool.newestSlice - pool.sliceCount() + 1);
        slice <= pool.newestSlice;
        slice++) {
      if (pool.slice(slice) > 0) return slice;
    }
    throw new CorruptStateException("units are used in no slice");
  }

  /** Brings the pool's window up to the clocks. */
  static void advance(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    if (pool.sliceCount() > 0) slide(state, tenant, pool, record);
    else if (pool.windowEndUs != 0 && pool.windowEndUs <= state.clocks.civilUs())
      close(state, tenant, pool, record);
  }

  private static void slide(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    long current = currentSlice(pool, state.clocks.elapsedUs());
    if (current <= pool.newestSlice) return;
    long first = Math.max(pool.newestSlice + 1, current - pool.sliceCount() + 1);
    long left = 0;
    for (long slice = first; slice <= current; slice++) left += pool.slice(slice);
    if (left > 0)
      giveBack(state, tenant, pool, left, 0, record.clear(LedgerKind.LEDGER_KIND_SLICE_LEFT));
    for (long slice = first; slice <= current; slice++) pool.emptySlice(slice);
    pool.newestSlice = current;
    state.touch(pool);
  }

  private static void close(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    long used = pool.counts().used;
    long onHold = pool.counts().onHold;
    if (used + onHold == 0) return;
    record.clear(LedgerKind.LEDGER_KIND_WINDOW_CLOSED).untilUs = pool.windowEndUs;
    giveBack(state, tenant, pool, used, onHold, record);
    // An empty window: what was put on hold in the closed one no longer belongs to the pool (see
    // Leases.attached).
    pool.windowStartUs = pool.windowEndUs;
  }

  /** Ends the window of a pool that nobody asks for any more; nothing of it is held. */
  static void forget(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    long used = pool.counts().used;
    if (used == 0) return;
    boolean rolling = pool.sliceCount() > 0;
    record.clear(
        rolling ? LedgerKind.LEDGER_KIND_SLICE_LEFT : LedgerKind.LEDGER_KIND_WINDOW_CLOSED);
    if (!rolling) record.untilUs = pool.windowEndUs;
    giveBack(state, tenant, pool, used, 0, record);
  }

  private static void giveBack(
      State state, Tenant tenant, Pool pool, long used, long onHold, LedgerRecord record) {
    Counts after = new Counts();
    after.set(pool.counts());
    after.used -= used;
    after.onHold -= onHold;
    after.giveBack(used + onHold);
    after.check();
    pool.count(after, state.clocks.civilUs());
    state.touch(pool);
    record.pool(pool.number(), after).units = used + onHold;
    tenant.position++;
    state.record(tenant, record, 0);
    Thresholds.look(state, tenant, pool, record, 1);
  }
}
