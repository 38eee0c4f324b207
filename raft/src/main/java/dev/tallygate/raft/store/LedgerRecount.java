package dev.tallygate.raft.store;

import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.raft.state.Entitlement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts one tenant's pools again from its ledger records, by the units that change hands, and
 * compares with what each record says its pool counts afterwards. Follows every lease and hold from
 * its grant to its end, so that nothing is given back twice. One thread.
 */
final class LedgerRecount {
  private enum Stage {
    LIVE,
    COOLING,
    HOLD
  }

  private static final class Pool {
    final PoolName name;

    /** Whether what is taken from it counts against others of its name: not on a site. */
    final boolean counts;

    long limit;

    /** Taken beyond the limit as its overage allowed, and not back. */
    long overage;

    /** Everything that is not free: held, lingering, on hold, used. */
    long taken;

    /** Of it, what leaves only with its window. */
    long used;

    /** Calendar windows closed so far: a hold of an earlier one belongs to the pool no more. */
    int windows;

    Pool(LedgerBody created) {
      name = new PoolName(created.getEntitlement(), created.getPartition());
      counts = created.getModel() != Entitlement.Model.SITE.number();
      limit = created.getLimit();
    }
  }

  private record PoolName(String entitlement, String partition) {}

  private record Grant(long pool, long units, Stage stage, int window) {
    Grant in(Stage other) {
      return new Grant(pool, units, other, window);
    }
  }

  private final Map<Long, Pool> pools = new HashMap<>();

  /** More than one where all but the last retired. */
  private final Map<PoolName, List<Pool>> named = new HashMap<>();

  private final Map<Long, Grant> grants = new HashMap<>();

  long count() {
    return pools.size();
  }

  long taken() {
    return pools.values().stream().mapToLong(pool -> pool.taken).sum();
  }

  /** Takes one record; returns what is wrong with it, or null. */
  @Nullable String take(@Nullable LedgerKind kind, LedgerBody body) {
    if (kind == null) return "kind is unknown";
    return switch (kind) {
      case LEDGER_KIND_POOL_CREATED -> create(body);
      case LEDGER_KIND_GRANTED -> grant(body);
      case LEDGER_KIND_RESUMED -> resume(body);
      case LEDGER_KIND_RELEASED -> leave(body);
      case LEDGER_KIND_LINGERED -> end(body, Stage.COOLING, Stage.COOLING);
      case LEDGER_KIND_EXPIRED -> leave(body);
      case LEDGER_KIND_REVOKED -> revoke(body);
      case LEDGER_KIND_COMMITTED, LEDGER_KIND_CANCELLED, LEDGER_KIND_HOLD_EXPIRED -> settle(body);
      case LEDGER_KIND_WINDOW_CLOSED -> closeWindow(body);
      case LEDGER_KIND_SLICE_LEFT -> leaveSlice(body);
      case LEDGER_KIND_LIMIT_SET -> setLimit(body);
      case LEDGER_KIND_THRESHOLD -> threshold(body);
      case LEDGER_KIND_POOL_DROPPED -> drop(body);
      case LEDGER_KIND_POOL_RETIRED -> retire(body);
      case LEDGER_KIND_CATALOG_APPLIED,
          LEDGER_KIND_REFUSED,
          LEDGER_KIND_TENANT_CREATED,
          LEDGER_KIND_LABEL_RELEASED,
          LEDGER_KIND_LABEL_BLOCKED,
          LEDGER_KIND_TENANT_SUSPENDED,
          LEDGER_KIND_TENANT_RESUMED,
          LEDGER_KIND_TENANT_DELETED,
          LEDGER_KIND_TENANT_ENDED,
          LEDGER_KIND_ENTITY_PUT,
          LEDGER_KIND_ENTITY_REMOVED ->
          null;
      case LEDGER_KIND_SEAL, LEDGER_KIND_UNSPECIFIED, UNRECOGNIZED -> "kind is unknown";
    };
  }

  private @Nullable String create(LedgerBody body) {
    Pool pool = new Pool(body);
    if (pools.putIfAbsent(body.getPool(), pool) != null)
      return "pool `" + body.getPool() + "` exists";
    named.computeIfAbsent(pool.name, name -> new ArrayList<>()).add(pool);
    return compare(pool, body);
  }

  private @Nullable String grant(LedgerBody body) {
    Pool pool = pools.get(body.getPool());
    if (pool == null) return unknownPool(body);
    if (body.getUnits() <= 0) return "grants `" + body.getUnits() + "` units";
    long free = Math.max(0, pool.limit - pool.taken - body.getCarried());
    pool.overage = Math.min(pool.overage, over(pool, body));
    pool.taken += body.getUnits();
    // What is taken beyond the limit must say so.
    if (body.getUnits() > free) {
      pool.overage += body.getUnits() - free;
      if (body.getOverage() != pool.overage)
        return Text.of(
            "pool `%d`: `%d` units are taken, the limit is `%d`",
            body.getPool(), pool.taken, pool.limit);
    }
    String twice = carriesLess(pool, body);
    if (twice != null) return twice;
    switch (GrantKind.forNumber(body.getGrantKind())) {
      case GRANT_KIND_RECEIPT -> pool.used += body.getUnits();
      case GRANT_KIND_LEASE, GRANT_KIND_HOLD, GRANT_KIND_SEAT -> {
        Stage stage =
            body.getGrantKind() == GrantKind.GRANT_KIND_HOLD_VALUE ? Stage.HOLD : Stage.LIVE;
        Grant grant = new Grant(body.getPool(), body.getUnits(), stage, pool.windows);
        if (grants.putIfAbsent(body.getLeaseId(), grant) != null)
          return "lease `" + body.getLeaseId() + "` is granted again";
      }
      case null, default -> {
        return "kind `" + body.getGrantKind() + "` of a grant is unknown";
      }
    }
    return compare(pool, body);
  }

  /** What was given out under a name counts against it for as long as it is out. */
  private @Nullable String carriesLess(Pool pool, LedgerBody body) {
    long before = 0;
    for (Pool other : named.getOrDefault(pool.name, List.of()))
      if (other != pool && other.counts) before += other.taken;
    if (body.getCarried() >= before) return null;
    return Text.of(
        "pool `%d` carries `%d` units; retired pools of its name hold `%d`",
        body.getPool(), body.getCarried(), before);
  }

  private @Nullable String resume(LedgerBody body) {
    Grant grant = grants.get(body.getLeaseId());
    if (grant == null || grant.stage() == Stage.HOLD || grant.pool() != body.getPool())
      return notOpen(body);
    if (grant.units() != body.getUnits()) return otherUnits(grant, body);
    grants.put(body.getLeaseId(), grant.in(Stage.LIVE));
    return compare(pools.get(body.getPool()), body);
  }

  /** A release that lingers moves no units yet, and says so. */
  /** What lingers or cools down gives nothing back yet. */
  private @Nullable String leave(LedgerBody body) {
    if (body.getUnits() != 0) return end(body, Stage.LIVE, Stage.LIVE);
    Grant grant = grants.get(body.getLeaseId());
    if (grant == null || grant.stage() != Stage.LIVE || grant.pool() != body.getPool())
      return notOpen(body);
    grants.put(body.getLeaseId(), grant.in(Stage.COOLING));
    return compare(pools.get(body.getPool()), body);
  }

  private @Nullable String revoke(LedgerBody body) {
    Grant grant = grants.get(body.getLeaseId());
    if (grant != null && grant.stage() == Stage.HOLD) return settle(body);
    return body.getUnits() == 0 ? leave(body) : end(body, Stage.LIVE, Stage.COOLING);
  }

  private @Nullable String end(LedgerBody body, Stage one, Stage other) {
    Grant grant = grants.remove(body.getLeaseId());
    if (grant == null || (grant.stage() != one && grant.stage() != other)) return notOpen(body);
    if (grant.pool() != body.getPool()) return notOpen(body);
    if (grant.units() != body.getUnits()) return otherUnits(grant, body);
    Pool pool = pools.get(body.getPool());
    if (pool == null) return unknownPool(body);
    pool.taken -= body.getUnits();
    return compare(pool, body);
  }

  private @Nullable String settle(LedgerBody body) {
    Grant grant = grants.remove(body.getLeaseId());
    if (grant == null || grant.stage() != Stage.HOLD || grant.pool() != body.getPool())
      return notOpen(body);
    if (grant.units() != body.getUnits()) return otherUnits(grant, body);
    if (body.getCharged() < 0 || body.getCharged() > body.getUnits())
      return Text.of("charges `%d` of `%d` units on hold", body.getCharged(), body.getUnits());
    Pool pool = pools.get(body.getPool());
    // What was on hold in a calendar window that has closed is settled on paper only.
    if (pool == null) return null;
    if (grant.window() == pool.windows) {
      pool.taken -= body.getUnits() - body.getCharged();
      pool.used += body.getCharged();
    }
    return compare(pool, body);
  }

  private @Nullable String closeWindow(LedgerBody body) {
    Pool pool = pools.get(body.getPool());
    if (pool == null) return unknownPool(body);
    if (pool.taken != body.getUnits())
      return Text.of(
          "a window closes with `%d` units, `%d` are taken", body.getUnits(), pool.taken);
    pool.taken = 0;
    pool.used = 0;
    pool.windows++;
    return compare(pool, body);
  }

  private @Nullable String leaveSlice(LedgerBody body) {
    Pool pool = pools.get(body.getPool());
    if (pool == null) return unknownPool(body);
    if (body.getUnits() > pool.used)
      return Text.of("`%d` units leave a window that holds `%d`", body.getUnits(), pool.used);
    pool.used -= body.getUnits();
    pool.taken -= body.getUnits();
    return compare(pool, body);
  }

  private @Nullable String setLimit(LedgerBody body) {
    Pool pool = pools.get(body.getPool());
    if (pool == null) return unknownPool(body);
    pool.limit = body.getLimit();
    return compare(pool, body);
  }

  /** Use is what the records add up to, and has come as far as is said. */
  private @Nullable String threshold(LedgerBody body) {
    Pool pool = pools.get(body.getPool());
    if (pool == null) return unknownPool(body);
    if (body.getCount() != pool.taken)
      return Text.of(
          "pool `%d` says `%d` units of use, its records say `%d`",
          body.getPool(), body.getCount(), pool.taken);
    for (int percent : body.getThresholdsList())
      if (body.getCount() == 0 || body.getCount() * 100 < percent * body.getLimit())
        return Text.of(
            "pool `%d`: `%d` units are not `%d` %% of `%d`",
            body.getPool(), body.getCount(), percent, body.getLimit());
    return compare(pool, body);
  }

  private @Nullable String retire(LedgerBody body) {
    if (body.getLimit() != 0) return "a pool retires with limit `" + body.getLimit() + "`";
    return setLimit(body);
  }

  private @Nullable String drop(LedgerBody body) {
    Pool pool = pools.remove(body.getPool());
    if (pool == null) return unknownPool(body);
    List<Pool> same = named.getOrDefault(pool.name, new ArrayList<>());
    same.remove(pool);
    if (same.isEmpty()) named.remove(pool.name);
    if (pool.taken != 0) return "a pool is dropped with `" + pool.taken + "` units taken";
    return compare(pool, body);
  }

  private static @Nullable String compare(@Nullable Pool pool, LedgerBody body) {
    if (pool == null) return unknownPool(body);
    // Above the limit, which a cut or a predecessor may have left behind, nothing is free.
    long free = Math.max(0, pool.limit - pool.taken - body.getCarried());
    if (body.getCarried() < 0) return "pool `" + body.getPool() + "` carries less than nothing";
    // What comes back repays a cut limit first, then overage.
    pool.overage = Math.min(pool.overage, over(pool, body));
    if (pool.taken < 0) return "pool `" + body.getPool() + "` gave back more than was taken";
    boolean same = pool.limit == body.getLimit() && pool.overage == body.getOverage();
    if (same && free == body.getFree()) return null;
    return Text.of(
        "pool `%d` says limit `%d`, free `%d`, overage `%d`;"
            + " its records say limit `%d`, free `%d`, overage `%d`",
        body.getPool(),
        body.getLimit(),
        body.getFree(),
        body.getOverage(),
        pool.limit,
        free,
        pool.overage);
  }

  /** Units beyond the limit, of the pool's own and of what it carries. */
  private static long over(Pool pool, LedgerBody body) {
    return Math.max(0, pool.taken + body.getCarried() - pool.limit);
  }

  private static String unknownPool(LedgerBody body) {
    return "pool `" + body.getPool() + "` does not exist";
  }

  private static String notOpen(LedgerBody body) {
    return "lease `" + body.getLeaseId() + "` is not one that can end or go on so";
  }

  private static String otherUnits(Grant grant, LedgerBody body) {
    return Text.of(
        "lease `%d` was granted `%d` units, not `%d`",
        body.getLeaseId(), grant.units(), body.getUnits());
  }
}
