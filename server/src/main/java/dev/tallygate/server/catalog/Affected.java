package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.v1.AffectedPool;
import dev.tallygate.proto.v1.CatalogChange;
import dev.tallygate.proto.v1.UnitsHolder;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Counts;
import dev.tallygate.raft.state.IdList;
import dev.tallygate.raft.state.LeaseRow;
import dev.tallygate.raft.state.PoolList;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.Retired;
import dev.tallygate.raft.state.Span;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.licensing.Holders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the pools that a change of the catalog bites, and who holds their units, by this node's own
 * state. Made for one call; reads rows one after another while they may move on.
 */
final class Affected {
  static final int POOLS_LISTED = 10;
  static final int HOLDERS_LISTED = 5;

  /** Pools of one entitlement, and leases of one pool, that are looked at. */
  static final int LOOKED_AT_MAX = 10_000;

  private final View view;
  private final TenantView tenant;
  private final Reader reader;
  private final Span partition = new Span();
  private final LeaseRow lease = new LeaseRow();
  private final long[] ids = new long[256];

  Affected(View view, TenantView tenant) {
    this.view = view;
    this.tenant = tenant;
    reader = view.reader();
  }

  /** A pool with more taken than it may keep, or that retires. */
  private record Bitten(PoolList.Listed pool, long limit, long after, long taken) {
    long over() {
      return taken - after;
    }
  }

  /**
   * Notes the pools that a change bites.
   *
   * @param after null where the entitlement is removed
   */
  void by(String name, @Nullable Entitlement after, CatalogChange.Builder change) {
    dev.tallygate.raft.state.Entitlement before = tenant.entitlement(name);
    if (after != null) change.setCarried(carried(after));
    if (before == null) return;
    boolean ends = change.getEndsPools();
    var next = after == null || ends ? null : new dev.tallygate.raft.state.Entitlement(after);
    List<Bitten> bitten = new ArrayList<>();
    int looked = 0;
    PoolList.Listed pool = tenant.pools().next(before.number(), null);
    for (; pool != null && looked < LOOKED_AT_MAX; looked++) {
      Bitten found = bitten(before, next, pool);
      if (found != null) bitten.add(found);
      pool = tenant.pools().next(before.number(), pool.partition());
    }
    change.setPoolsUnseen(pool != null);
    bitten.sort(Comparator.comparingLong(Bitten::over).reversed());
    for (Bitten one : bitten.subList(0, Math.min(bitten.size(), POOLS_LISTED)))
      change.addPools(describe(one, ends));
    change.setMorePools(Math.max(0, bitten.size() - POOLS_LISTED));
  }

  /** What drains under the name by then, beside the pools of this change. */
  private long carried(Entitlement after) {
    var next = new dev.tallygate.raft.state.Entitlement(after);
    long units = 0;
    for (Retired retired : tenant.retired(after.getName()))
      if (!next.continues(retired.entitlement()) && retired.counts()) units += retired.taken();
    return units;
  }

  private @Nullable Bitten bitten(
      dev.tallygate.raft.state.Entitlement before,
      dev.tallygate.raft.state.@Nullable Entitlement next,
      PoolList.Listed pool) {
    partition.set(pool.partition());
    if (!reader.pool(tenant, before, partition)) return null;
    Counts counts = reader.counts();
    // A window that is over counts for nothing, although nobody has closed it yet.
    boolean over = before.calendar() && reader.windowEndUs() <= view.civilUs();
    long taken = over ? 0 : counts.taken();
    long was = before.limit(Bytes.of(pool.partition()));
    if (next == null) return taken > 0 ? new Bitten(pool, counts.limit(), 0, taken) : null;
    long will = next.limit(Bytes.of(pool.partition()));
    // A limit that the catalog leaves as it is leaves an override too.
    return will != was && taken > will ? new Bitten(pool, counts.limit(), will, taken) : null;
  }

  private AffectedPool describe(Bitten bitten, boolean retires) {
    AffectedPool.Builder pool =
        AffectedPool.newBuilder()
            .setPartition(new String(bitten.pool().partition(), StandardCharsets.UTF_8))
            .setLimitBefore(bitten.limit())
            .setLimitAfter(bitten.after())
            .setTaken(bitten.taken())
            .setOver(bitten.over())
            .setRetires(retires);
    holders(bitten.pool().leases(), pool);
    return pool.build();
  }

  private void holders(IdList leases, AffectedPool.Builder pool) {
    long after = 0;
    long found = 0;
    for (int looked = 0; looked < LOOKED_AT_MAX; looked += ids.length) {
      int count = leases.next(after, ids);
      for (int i = 0; i < count; i++) {
        after = ids[i];
        if (++found <= HOLDERS_LISTED) holder(after, pool);
      }
      if (count < ids.length) break;
    }
    pool.setMoreHolders(Math.max(0, found - HOLDERS_LISTED));
  }

  /** One that went meanwhile is left out. */
  private void holder(long id, AffectedPool.Builder pool) {
    if (!reader.lease(tenant, id, lease)) return;
    if (lease.standing() == LeaseRow.Standing.SETTLED) return;
    pool.addHolders(
        UnitsHolder.newBuilder()
            .setHolder(Holders.display(lease.holder()))
            .setUnits(lease.units()));
  }
}
