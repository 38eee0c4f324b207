package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;

/** Pool rows: written once an entry, dropped when they say no more than the catalog does. */
final class Pools {
  private Pools() {}

  /** Drops a retired pool of which nothing is outstanding any more. */
  static void dropDrained(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    if (pool.counts().idle()) drop(state, tenant, pool, record);
  }

  /** Drops a pool that has nothing outstanding. */
  static void drop(State state, Tenant tenant, Pool pool, LedgerRecord record) {
    if (!pool.counts().idle()) throw new PlanFault("a pool that is not idle is dropped");
    tenant.position++;
    state.record(
        tenant,
        record.clear(LedgerKind.LEDGER_KIND_POOL_DROPPED).pool(pool.number(), pool.counts()),
        0);
    tenant.remove(pool);
    pool.leases().addTo(tenant.strays());
    state.pools--;
    pool.dropped = true;
    state.touch(pool);
    Retired of = pool.retired();
    if (of != null && tenant.poolsOf(of.entitlement()) == 0) forget(state, tenant, of);
  }

  private static void forget(State state, Tenant tenant, Retired of) {
    int number = of.entitlement().number();
    Bytes key = new Bytes(8).addInt(tenant.number).addInt(number);
    state.entitlementRows.remove(key, tenant.checksum(number));
    tenant.forget(of);
  }

  /** Writes the pools that this entry changed. */
  static void flush(State state, Bytes key, Bytes row) {
    for (Pool pool : state.dirtyPools()) {
      pool.dirty = false;
      pool.key(key);
      if (pool.dropped) {
        if (pool.rowChecksum != 0) state.poolRows.remove(key, pool.rowChecksum);
        continue;
      }
      pool.writeTo(row);
      if (pool.rowChecksum == 0) state.poolRows.insert(key, row);
      else state.poolRows.update(key, row, pool.rowChecksum);
      pool.rowChecksum = row.getLong(Rows.CHECKSUM);
    }
    state.dirtyPools().clear();
  }
}
