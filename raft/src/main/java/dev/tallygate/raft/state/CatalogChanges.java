package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.LimitOverride;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Replaces a tenant's entitlements, as a whole or not at all. LimitChanges move at once and drain
 * where they were cut. An entitlement that goes, or whose model, partitions or window change, must
 * have nothing outstanding: otherwise deleting and adding it again would grant twice.
 */
final class CatalogChanges {
  private final State state;
  private final LedgerRecord record = new LedgerRecord();
  private final Bytes key = new Bytes(8);
  private final Bytes row = new Bytes(512);

  CatalogChanges(State state) {
    this.state = state;
  }

  void apply(ApplyCatalog command, Outcome out) {
    Tenant tenant = state.tenant(command.getTenant());
    if (tenant == null) {
      Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      return;
    }
    out.catalogVersion = tenant.catalogVersion;
    if (command.getExpectVersion() != tenant.catalogVersion) {
      Answers.retry(out);
      return;
    }
    if (command.getEntitlementsCount() > state.settings.entitlementsMax()) {
      Answers.full(TableId.ENTITLEMENTS, out);
      return;
    }
    Map<String, Entitlement> after = number(tenant, command);
    List<Pool> ending = new ArrayList<>();
    for (Pool pool : tenant.pools()) {
      Entitlement next = after.get(pool.entitlement().name());
      if (next != null && next.number() == pool.entitlement().number()) continue;
      Answers.refresh(state, tenant, pool, record);
      if (!pool.idle()) {
        out.pool = pool;
        Answers.refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, out);
        return;
      }
      ending.add(pool);
    }
    write(tenant, command, after, ending);
    out.status = Outcome.Status.DONE;
    out.catalogVersion = tenant.catalogVersion;
  }

  /**
   * Gives each entitlement its number: the old one where its pools can go on, else a new one. In
   * the order of the command.
   */
  private static Map<String, Entitlement> number(Tenant tenant, ApplyCatalog command) {
    Map<String, Entitlement> before = new HashMap<>();
    for (Entitlement entitlement : tenant.entitlements())
      before.put(entitlement.name(), entitlement);
    Map<String, Entitlement> after = new LinkedHashMap<>();
    int made = tenant.entitlementsMade;
    for (dev.tallygate.proto.log.v1.Entitlement proto : command.getEntitlementsList()) {
      check(proto);
      Entitlement next = new Entitlement(proto);
      Entitlement old = before.get(proto.getName());
      int number = old != null && next.continues(old) ? old.number() : ++made;
      if (after.put(proto.getName(), new Entitlement(proto.toBuilder().setNumber(number).build()))
          != null) {
        throw new PlanFault("entitlement `" + proto.getName() + "` stands twice in a catalog");
      }
    }
    return after;
  }

  /**
   * What the proposer must not let through, because a rule would break on it half-way: asked before
   * anything is written.
   */
  private static void check(dev.tallygate.proto.log.v1.Entitlement proto) {
    check(proto, "limit", proto.getLimit(), 0, Counts.LIMIT_MAX);
    for (LimitOverride override : proto.getLimitOverridesList())
      check(proto, "limit_overrides.limit", override.getLimit(), 0, Counts.LIMIT_MAX);
    check(proto, "partitions_max", proto.getPartitionsMax(), 0, Long.MAX_VALUE);
    if (proto.hasSite()) {
      check(proto, "limit", proto.getLimit(), Counts.LIMIT_MAX, Counts.LIMIT_MAX);
      check(proto, "limit_overrides", proto.getLimitOverridesCount(), 0, 0);
    } else if (proto.hasNamedUser()) {
      NamedUser seats = proto.getNamedUser();
      check(proto, "cool_down_us", seats.getCoolDownUs(), 0, Entitlement.TIME_US_MAX);
      check(proto, "idle_after_us", seats.getIdleAfterUs(), 0, Entitlement.TIME_US_MAX);
    } else if (proto.hasMetered()) {
      Metered metered = proto.getMetered();
      check(proto, "rolling_us", metered.getRollingUs(), 0, Entitlement.TIME_US_MAX);
      check(proto, "hold_ttl_us", metered.getHoldTtlUs(), 0, Entitlement.TIME_US_MAX);
      if (metered.getRollingUs() > 0)
        check(proto, "slices", metered.getSlices(), 1, Entitlement.SLICES_MAX);
    } else {
      ConcurrentSession sessions = proto.getConcurrentSession();
      check(proto, "ttl_us", sessions.getTtlUs(), 0, Entitlement.TIME_US_MAX);
      check(proto, "ttl_max_us", sessions.getTtlMaxUs(), 0, Entitlement.TIME_US_MAX);
      check(proto, "grace_us", sessions.getGraceUs(), 0, Entitlement.TIME_US_MAX);
      check(proto, "linger_us", sessions.getLingerUs(), 0, Entitlement.TIME_US_MAX);
    }
  }

  private static void check(
      dev.tallygate.proto.log.v1.Entitlement proto, String field, long value, long min, long max) {
    if (value < min || value > max) {
      throw new PlanFault(
          "entitlement `"
              + proto.getName()
              + "`: "
              + field
              + " `"
              + value
              + "` is outside `"
              + min
              + ".."
              + max
              + "`");
    }
  }

  private void write(
      Tenant tenant, ApplyCatalog command, Map<String, Entitlement> after, List<Pool> ending) {
    for (Pool pool : ending) Pools.drop(state, tenant, pool, record);
    List<Entitlement> gone = new ArrayList<>();
    for (Entitlement old : tenant.entitlements()) {
      Entitlement next = after.get(old.name());
      if (next == null || next.number() != old.number()) gone.add(old);
    }
    for (Entitlement old : gone) {
      rowKey(tenant, old.number());
      state.entitlementRows.remove(key, tenant.checksum(old.number()));
      tenant.remove(old);
    }
    for (Entitlement next : after.values()) put(tenant, next);
    tenant.catalogVersion++;
    tenant.position++;
    record.clear(LedgerKind.LEDGER_KIND_CATALOG_APPLIED).catalogVersion = tenant.catalogVersion;
    record.caller.set(command.getCaller());
    record.count = command.getEntitlementsCount();
    state.record(tenant, record, 0);
    moveLimits(tenant, after);
  }

  private void put(Tenant tenant, Entitlement next) {
    rowKey(tenant, next.number());
    byte[] canonical = next.canonical().toByteArray();
    row.length(Rows.CONTENT).add(canonical, 0, canonical.length);
    long before = tenant.checksum(next.number());
    if (before == 0) state.entitlementRows.insert(key, row);
    else state.entitlementRows.update(key, row, before);
    tenant.put(next, row.getLong(Rows.CHECKSUM));
    tenant.entitlementsMade = Math.max(tenant.entitlementsMade, next.number());
  }

  private void moveLimits(Tenant tenant, Map<String, Entitlement> after) {
    for (Pool pool : tenant.pools()) {
      Entitlement next = after.get(pool.entitlement().name());
      if (next == null) throw new CorruptStateException("a pool outlived its entitlement");
      pool.entitlement(next);
      long limit = next.limit(Bytes.of(pool.partition()));
      if (limit != pool.catalogLimit) LimitChanges.set(state, tenant, pool, limit, record);
    }
  }

  private void rowKey(Tenant tenant, int entitlement) {
    key.clear().addInt(tenant.number).addInt(entitlement);
  }
}
