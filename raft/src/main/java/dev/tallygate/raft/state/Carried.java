package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;

/**
 * What retired pools still hold counts against the pools that the catalog has under the same name,
 * so that removing an entitlement and adding it again, in whatever model, never grants twice.
 *
 * <p>It is added up whenever a pool is touched, from what the retired pools say at that moment. The
 * obvious alternative, telling every pool when a unit comes back, would write all partitions of a
 * new entitlement for one lease of the old. So a pool that nobody touches may say more than is
 * carried by now, never less.
 */
final class Carried {
  private final State state;
  private final Bytes key = new Bytes(64);

  Carried(State state) {
    this.state = state;
  }

  /** Brings the term of a pool up to date. */
  void refresh(Tenant tenant, Pool pool, LedgerRecord record) {
    if (pool.counts().carried == 0 && !tenant.hasRetired()) return;
    long now =
        pool.retired() == null ? of(tenant, pool.entitlement(), pool.partition(), record) : 0;
    if (now == pool.counts().carried) return;
    carry(tenant, pool, now, record);
  }

  /** A pool that retires has no limit, and carries nothing: its successors do. */
  void retire(Pool pool) {
    Counts after = new Counts();
    after.set(pool.counts());
    after.limit(0);
    after.carry(0);
    pool.count(after, state.clocks.civilUs());
    state.touch(pool);
  }

  /** Sets the term; what falls may repay what was taken beyond the limit, and then is recorded. */
  private void carry(Tenant tenant, Pool pool, long units, LedgerRecord record) {
    long beyond = pool.counts().overage;
    Counts after = new Counts();
    after.set(pool.counts());
    after.carry(units);
    pool.count(after, state.clocks.civilUs());
    state.touch(pool);
    if (pool.counts().overage == beyond) return;
    // Nobody could tell it from the records of the pool: the term may have risen again by the next.
    tenant.position++;
    record.clear(LedgerKind.LEDGER_KIND_LIMIT_SET).pool(pool.number(), pool.counts());
    record.catalogVersion = tenant.catalogVersion;
    state.record(tenant, record, 0);
  }

  /** What counts against the pool of an entitlement of the catalog. */
  long of(Tenant tenant, Entitlement heir, byte[] partition, LedgerRecord record) {
    long carried = 0;
    for (Retired before : tenant.retired(heir.name())) {
      if (!before.counts()) continue;
      if (!before.countsByPartition(heir)) {
        carried += before.taken();
        continue;
      }
      key.clear().addInt(tenant.number).addInt(before.entitlement().number());
      Pool pool = tenant.pool(key.add(partition, 0, partition.length));
      if (pool == null) continue;
      // What left its window must not keep anybody out.
      Answers.refresh(state, tenant, pool, record);
      carried += pool.counts().taken();
    }
    return carried;
  }
}
