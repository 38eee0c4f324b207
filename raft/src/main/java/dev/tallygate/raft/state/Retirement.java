package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a change of the catalog does to the pools that there are: those of an entitlement that goes,
 * or that counts in another way from now on, are dropped where nothing of them is outstanding, and
 * else retire. Found first, written afterwards.
 */
final class Retirement {
  private final State state;
  private final Tenant tenant;
  private final Map<String, Entitlement> after;
  private final LedgerRecord record = new LedgerRecord();
  private final List<Pool> ending = new ArrayList<>();
  private final Set<Integer> retiring = new TreeSet<>();

  /**
   * @param after what stands afterwards, by name
   */
  Retirement(State state, Tenant tenant, Map<String, Entitlement> after) {
    this.state = state;
    this.tenant = tenant;
    this.after = after;
    for (Pool pool : tenant.pools()) {
      if (stays(pool.entitlement()) || pool.retired() != null) continue;
      Answers.refresh(state, tenant, pool, record);
      if (pool.counts().idle()) ending.add(pool);
      else retiring.add(pool.entitlement().number());
    }
  }

  /** Whether its pools go on as they are. */
  boolean stays(Entitlement entitlement) {
    Entitlement next = after.get(entitlement.name());
    return next != null && next.number() == entitlement.number();
  }

  /** Retired entitlements that there would be. */
  int retired() {
    Set<Integer> all = new HashSet<>(retiring);
    for (Retired each : tenant.retired())
      if (!stays(each.entitlement())) all.add(each.entitlement().number());
    return all.size();
  }

  boolean retires(Entitlement entitlement) {
    return retiring.contains(entitlement.number());
  }

  void dropIdle() {
    for (Pool pool : ending) Pools.drop(state, tenant, pool, record);
  }

  /** Moves the limits of all pools, once the catalog is as it will be. */
  void movePools() {
    for (Pool pool : tenant.pools()) {
      Retired of = tenant.retired(pool.entitlement().number());
      if (of != null && pool.retired() == null) retire(pool, of);
    }
    // What retired just now counts against the others.
    for (Pool pool : tenant.pools()) if (stays(pool.entitlement())) move(pool);
  }

  private void retire(Pool pool, Retired of) {
    pool.retired(of);
    pool.entitlement(of.entitlement());
    // The limit goes first: what is not carried any more repays the cut, never what was taken
    // beyond the limit.
    state.carried.retire(pool);
    LimitChanges.set(state, tenant, pool, 0, record.clear(LedgerKind.LEDGER_KIND_POOL_RETIRED));
  }

  private void move(Pool pool) {
    Entitlement next = after.get(pool.entitlement().name());
    if (next == null) throw new CorruptStateException("a pool outlived its entitlement");
    pool.entitlement(next);
    pool.retired(null);
    state.carried.refresh(tenant, pool, record);
    long limit = next.limit(Bytes.of(pool.partition()));
    if (limit != pool.catalogLimit)
      LimitChanges.set(state, tenant, pool, limit, record.clear(LedgerKind.LEDGER_KIND_LIMIT_SET));
    else lookAgain(pool);
  }

  /** Under thresholds that are new to it, as a change of its own: each event has its position. */
  private void lookAgain(Pool pool) {
    if (!Thresholds.raises(state, pool, record)) return;
    tenant.position++;
    state.record(tenant, record, 0);
  }
}
