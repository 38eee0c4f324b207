package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.PoolList;
import dev.tallygate.raft.state.Retired;
import dev.tallygate.raft.state.TenantView;
import java.util.Comparator;
import java.util.Iterator;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the pools of a tenant by name of the entitlement, then its number, then partition:
 * those that retired under a name stand beside the catalog's. The one pool of an entitlement
 * without partitions is met even where nothing was ever taken from it. One thread.
 */
final class PoolWalk {
  private static final byte[] NO_PARTITION = {};

  private final TenantView tenant;
  private final Iterator<Entitlement> entitlements;

  /** The partition that alone is wanted; null for all. */
  private final byte @Nullable [] only;

  private final @Nullable PageToken from;
  private @Nullable Entitlement entitlement;
  private byte @Nullable [] partition;
  private PoolList.@Nullable Listed listed;

  /**
   * @param names which entitlements are wanted
   * @param only the partition that alone is wanted; empty for all
   * @param from where an earlier walk ended: at that pool where it names a lease, else behind it
   */
  PoolWalk(TenantView tenant, Predicate<String> names, byte[] only, @Nullable PageToken from) {
    this.tenant = tenant;
    this.only = only.length == 0 ? null : only;
    this.from = from;
    entitlements =
        Stream.concat(tenant.entitlements().values().stream(), retired(tenant))
            .filter(each -> names.test(each.name()))
            .filter(each -> from == null || !before(each, from))
            .sorted(Comparator.comparing(Entitlement::name).thenComparingInt(Entitlement::number))
            .iterator();
  }

  private static Stream<Entitlement> retired(TenantView tenant) {
    return tenant.retired().stream()
        .flatMap(name -> tenant.retired(name).stream())
        .map(Retired::entitlement);
  }

  private static boolean before(Entitlement each, PageToken from) {
    int order = each.name().compareTo(from.entitlement());
    return order < 0 || (order == 0 && each.number() < from.number());
  }

  /** Steps to the next pool. */
  boolean next() {
    while (true) {
      if (entitlement == null || !step(entitlement)) {
        if (!entitlements.hasNext()) return false;
        entitlement = entitlements.next();
        partition = null;
        listed = null;
        if (!begin(entitlement)) continue;
      }
      return true;
    }
  }

  /** To the first wanted pool of an entitlement; false where it has none. */
  private boolean begin(Entitlement of) {
    boolean resumed = from != null && from.number() == of.number();
    boolean behind = resumed && from != null && from.leaseId() == 0;
    if (!of.partitioned()) {
      if (only != null || behind) return false;
      PoolList.Listed whole = tenant.pools().get(of.number(), NO_PARTITION);
      return of.retired() ? found(whole) : at(whole, NO_PARTITION);
    }
    if (only != null) return !behind && found(tenant.pools().get(of.number(), only));
    if (!resumed || from == null) return found(tenant.pools().next(of.number(), null));
    if (!behind && found(tenant.pools().get(of.number(), from.partition()))) return true;
    return found(tenant.pools().next(of.number(), from.partition()));
  }

  private boolean step(Entitlement of) {
    if (partition == null || !of.partitioned() || only != null) return false;
    return found(tenant.pools().next(of.number(), partition));
  }

  private boolean found(PoolList.@Nullable Listed pool) {
    return pool != null && at(pool, pool.partition());
  }

  private boolean at(PoolList.@Nullable Listed pool, byte[] of) {
    listed = pool;
    partition = of;
    return true;
  }

  Entitlement entitlement() {
    if (entitlement == null) throw new IllegalStateException("not at a pool");
    return entitlement;
  }

  byte[] partition() {
    if (partition == null) throw new IllegalStateException("not at a pool");
    return partition;
  }

  /** Null where nothing was ever taken from it. */
  PoolList.@Nullable Listed listed() {
    return listed;
  }
}
