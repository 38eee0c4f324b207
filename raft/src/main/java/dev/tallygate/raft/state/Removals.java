package dev.tallygate.raft.state;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * Ends what removed entities held when they were removed, by a walk over the tenant's leases: pool
 * by pool, the oldest first, in every entry no more rows than a bound. One walk is for every
 * removal that there is when it begins; later ones wait for the next.
 *
 * <p>The obvious alternative, an index from holder to leases, costs every allocation and every
 * release a row, for something that is asked when somebody leaves. The cost of this one is that it
 * reads all leases of the tenant: a million take some hundred entries.
 */
final class Removals {
  /** Rows that are looked at for each that may be ended. */
  private static final int LOOKS = 8;

  private static final int IDS = 64;

  /** Behind every pool: what is left is to forget the removals. */
  private static final long ALL_POOLS = Long.MAX_VALUE;

  /**
   * An entity that was removed.
   *
   * @param position of the removal: leases that were opened later stay
   * @param reference under which leases name their holder
   */
  record Removal(long position, long reference, String reason) {}

  private final State state;
  private final Leases leases;
  private final Outcome nobody = new Outcome();
  private final Span caller = new Span();
  private final Span reason = new Span();
  private final Bytes key = new Bytes(16);
  private final Bytes row = new Bytes(256);
  private final long[] ids = new long[IDS];
  private int looks;
  private int ends;

  Removals(State state, Leases leases) {
    this.state = state;
    this.leases = leases;
  }

  /** Begins a removal; its position is the tenant's. */
  static void begin(
      State state, Tenant tenant, long reference, String reason, Bytes key, Bytes row) {
    EntityLayout.removalKey(key, tenant.number, tenant.position);
    byte[] utf8 = reason.getBytes(StandardCharsets.UTF_8);
    row.length(EntityLayout.BODY).setLong(EntityLayout.REFERENCE, reference);
    row.add(utf8, 0, utf8.length);
    state.entityRows.insert(key, row);
    state.entities++;
    add(state, tenant, new Removal(tenant.position, reference, reason));
  }

  static void add(State state, Tenant tenant, Removal removal) {
    tenant.removals().put(removal.position(), removal);
    state.removing().put(tenant.number, tenant);
  }

  /** Forgets the oldest removal of a tenant. */
  static void forgetOldest(State state, Tenant tenant, Bytes key, Bytes row) {
    EntityLayout.removalKey(key, tenant.number, tenant.removals().firstKey());
    if (!state.entityRows.get(key, row)) throw new CorruptStateException("a removal is gone");
    state.entityRows.remove(key, row.getLong(Rows.CHECKSUM));
    state.entities--;
    tenant.removals().pollFirstEntry();
  }

  /** Returns whether it stopped at its bound. */
  boolean sweep(Plan plan) {
    if (state.removing().isEmpty()) return false;
    ends = state.settings.sweepMax();
    looks = LOOKS * ends;
    boolean later = false;
    Iterator<Tenant> all = state.removing().values().iterator();
    while (all.hasNext()) {
      Tenant tenant = all.next();
      // All of it ends in its turn.
      if (tenant.ending()) continue;
      boolean done = walk(plan, tenant);
      state.touch(tenant);
      if (!done) return true;
      if (tenant.removals().isEmpty()) all.remove();
      else later = true;
    }
    return later;
  }

  /** True where the walk is over. */
  private boolean walk(Plan plan, Tenant tenant) {
    if (tenant.walkUpTo == 0) {
      tenant.walkUpTo = tenant.removals().lastKey();
      tenant.walkPool = 0;
      tenant.walkLease = 0;
    }
    Map<Long, Removal> wanted = new HashMap<>();
    for (Removal removal : tenant.removals().headMap(tenant.walkUpTo, true).values())
      wanted.put(removal.reference(), removal);
    for (Pool pool = tenant.poolFrom(tenant.walkPool);
        pool != null;
        pool = tenant.poolFrom(tenant.walkPool)) {
      if (!pool(plan, tenant, pool, wanted)) return false;
      tenant.walkPool = pool.number() + 1;
      tenant.walkLease = 0;
    }
    tenant.walkPool = ALL_POOLS;
    while (!tenant.removals().isEmpty() && tenant.removals().firstKey() <= tenant.walkUpTo) {
      if (ends == 0) return false;
      ends--;
      forgetOldest(state, tenant, key, row);
    }
    tenant.walkUpTo = 0;
    tenant.walkPool = 0;
    return true;
  }

  /** True where the pool is done. */
  private boolean pool(Plan plan, Tenant tenant, Pool pool, Map<Long, Removal> wanted) {
    if (pool.number() != tenant.walkPool) tenant.walkLease = 0;
    tenant.walkPool = pool.number();
    while (true) {
      int count = pool.leases().next(tenant.walkLease, ids);
      for (int i = 0; i < count; i++) {
        if (ids[i] > tenant.walkUpTo) return true;
        if (looks == 0 || ends == 0) return false;
        looks--;
        lease(plan, tenant, ids[i], wanted);
        tenant.walkLease = ids[i];
      }
      if (count < ids.length) return true;
    }
  }

  private void lease(Plan plan, Tenant tenant, long id, Map<Long, Removal> wanted) {
    LeaseLayout.key(key, tenant.number, id);
    if (!state.leaseRows.get(key, row)) return;
    Removal removal = wanted.get(row.getLong(LeaseLayout.SUBJECT));
    if (removal == null || id > removal.position()) return;
    ends--;
    reason.set(removal.reason());
    try {
      leases.planRemoved(plan, tenant, id, caller, reason, nobody.clear(0));
      plan.check();
    } catch (PlanFault fault) {
      state.alarm(
          "lease "
              + id
              + " of tenant `"
              + tenant.name
              + "`, whose holder was removed, stays: "
              + fault.getMessage());
      return;
    }
    plan.write();
  }
}
