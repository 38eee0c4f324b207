package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.CatalogUndo;
import dev.tallygate.proto.log.v1.CatalogVersion;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.LimitOverride;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replaces one set of a tenant's entitlements, as a whole or not at all; other sets stay as they
 * are. Limits move at once and drain where they were cut. The pools of an entitlement that goes, or
 * whose model, partitions or window change, retire where something of them is outstanding.
 */
final class CatalogChanges {
  private final State state;
  private final LedgerRecord record = new LedgerRecord();
  private final Bytes key = new Bytes(8);
  private final Bytes row = new Bytes(512);
  private final CatalogVersions versions;

  CatalogChanges(State state) {
    this.state = state;
    versions = new CatalogVersions(state);
  }

  void apply(ApplyCatalog command, Outcome out) {
    Tenant tenant = state.asked(command.getTenant());
    if (tenant == null) {
      Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      return;
    }
    out.catalogVersion = tenant.catalogVersion;
    if (command.getExpectVersion() != tenant.catalogVersion) {
      Answers.retry(out);
      return;
    }
    Map<String, Entitlement> before = standing(tenant);
    long others = before.values().stream().filter(old -> !in(command, old)).count();
    if (others + command.getEntitlementsCount() > state.settings.entitlementsMax()) {
      Answers.full(TableId.ENTITLEMENTS, out);
      return;
    }
    Map<String, Entitlement> after = number(tenant, command, before);
    Retirement retirement = new Retirement(state, tenant, after);
    if (retirement.retired() > state.settings.entitlementsMax()) {
      Answers.full(TableId.ENTITLEMENTS, out);
      return;
    }
    write(tenant, command, after, retirement);
    out.status = Outcome.Status.DONE;
    out.catalogVersion = tenant.catalogVersion;
  }

  /** By name, in the order of their numbers. */
  private static Map<String, Entitlement> standing(Tenant tenant) {
    Map<String, Entitlement> standing = new LinkedHashMap<>();
    for (Entitlement entitlement : tenant.entitlements())
      standing.put(entitlement.name(), entitlement);
    return standing;
  }

  private static boolean in(ApplyCatalog command, Entitlement entitlement) {
    return entitlement.set().equals(command.getSet());
  }

  /**
   * What stands afterwards, in all sets. Gives each entitlement of the command its number: that of
   * the one, standing or retired, whose pools can go on under it, else a new one, in the order of
   * the command.
   */
  private static Map<String, Entitlement> number(
      Tenant tenant, ApplyCatalog command, Map<String, Entitlement> before) {
    if (command.getSet().isEmpty()) throw new PlanFault("a set without a name");
    Map<String, Entitlement> after = new LinkedHashMap<>();
    for (Entitlement old : before.values()) if (!in(command, old)) after.put(old.name(), old);
    int made = tenant.entitlementsMade;
    for (dev.tallygate.proto.log.v1.Entitlement proto : command.getEntitlementsList()) {
      check(proto);
      Entitlement next = new Entitlement(proto.toBuilder().setSet(command.getSet()).build());
      Entitlement old = continued(tenant, before.get(proto.getName()), next);
      int number = old != null ? old.number() : ++made;
      // The proposer saw this very version, and must have told two of one name apart.
      if (after.put(
              proto.getName(),
              new Entitlement(next.canonical().toBuilder().setNumber(number).build()))
          != null) {
        throw new PlanFault("entitlement `" + proto.getName() + "` stands twice in a catalog");
      }
    }
    return after;
  }

  /** Null where no pools can go on under it. */
  private static @Nullable Entitlement continued(
      Tenant tenant, @Nullable Entitlement standing, Entitlement next) {
    if (standing != null && next.continues(standing)) return standing;
    for (Retired retired : tenant.retired(next.name()))
      if (next.continues(retired.entitlement())) return retired.entitlement();
    return null;
  }

  /**
   * What the proposer must not let through, because a rule would break on it half-way: asked before
   * anything is written.
   */
  private static void check(dev.tallygate.proto.log.v1.Entitlement proto) {
    check(proto, "canonical bytes", proto.getSerializedSize(), 0, Entitlement.BYTES_MAX);
    check(proto, "limit", proto.getLimit(), 0, Counts.LIMIT_MAX);
    for (LimitOverride override : proto.getLimitOverridesList())
      check(proto, "limit_overrides.limit", override.getLimit(), 0, Counts.LIMIT_MAX);
    long holderMost =
        proto.hasMetered() || proto.hasNamedUser() || proto.hasSite() ? 0 : Counts.LIMIT_MAX;
    check(proto, "holder_max", proto.getHolderMax(), 0, holderMost);
    if (proto.hasOverage()) checkOverage(proto);
    boolean leases = !proto.hasMetered() && !proto.hasSite();
    for (var reservation : proto.getReservationsList())
      check(proto, "reservations.units", reservation.getUnits(), 1, leases ? Counts.LIMIT_MAX : 0);
    check(proto, "partitions_max", proto.getPartitionsMax(), 0, Long.MAX_VALUE);
    check(proto, "thresholds", proto.getThresholdsCount(), 0, Entitlement.THRESHOLDS_MAX);
    int before = 0;
    for (int percent : proto.getThresholdsList()) {
      check(proto, "thresholds", percent, before + 1, 100);
      before = percent;
    }
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

  private static void checkOverage(dev.tallygate.proto.log.v1.Entitlement proto) {
    var overage = proto.getOverage();
    check(proto, "overage.units", overage.getUnits(), 0, Counts.LIMIT_MAX);
    check(proto, "overage.percent", overage.getPercent(), 0, Overage.PERCENT_MAX);
    check(proto, "overage.for_us", overage.getForUs(), 0, Entitlement.TIME_US_MAX);
    if (proto.hasSite()) throw new PlanFault("a site with overage");
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
      Tenant tenant, ApplyCatalog command, Map<String, Entitlement> after, Retirement retirement) {
    retirement.dropIdle();
    List<Entitlement> gone = new ArrayList<>();
    for (Entitlement old : tenant.entitlements()) if (!retirement.stays(old)) gone.add(old);
    Changes changes = new Changes(command, tenant, after);
    for (Entitlement old : gone) {
      if (retirement.retires(old)) retire(tenant, old);
      else remove(tenant, old);
    }
    for (Entitlement next : after.values()) if (in(command, next)) put(tenant, next);
    tenant.catalogVersion++;
    tenant.position++;
    versions.keep(
        tenant, changes.version(tenant.catalogVersion, state.clocks.civilUs()), changes.undo);
    record.clear(LedgerKind.LEDGER_KIND_CATALOG_APPLIED).catalogVersion = tenant.catalogVersion;
    record.caller.set(command.getCaller());
    record.detail.set(command.getSet());
    record.count = command.getEntitlementsCount();
    state.record(tenant, record, 0);
    retirement.movePools();
  }

  private void remove(Tenant tenant, Entitlement old) {
    rowKey(tenant, old.number());
    state.entitlementRows.remove(key, tenant.checksum(old.number()));
    tenant.remove(old);
  }

  private void retire(Tenant tenant, Entitlement old) {
    Entitlement drains = new Entitlement(old.canonical().toBuilder().setRetired(true).build());
    tenant.retire(drains, writeRow(tenant, drains));
  }

  private void put(Tenant tenant, Entitlement next) {
    tenant.put(next, writeRow(tenant, next));
    Retired again = tenant.retired(next.number());
    if (again != null) tenant.forget(again);
    tenant.entitlementsMade = Math.max(tenant.entitlementsMade, next.number());
  }

  private long writeRow(Tenant tenant, Entitlement next) {
    rowKey(tenant, next.number());
    byte[] canonical = next.canonical().toByteArray();
    row.length(Rows.CONTENT).add(canonical, 0, canonical.length);
    long before = tenant.checksum(next.number());
    if (before == 0) state.entitlementRows.insert(key, row);
    else state.entitlementRows.update(key, row, before);
    return row.getLong(Rows.CHECKSUM);
  }

  /** What a command does to its set; made before anything is written. */
  private static final class Changes {
    private final ApplyCatalog command;
    private final List<CatalogUndo> undo = new ArrayList<>();
    private int added;
    private int changed;
    private int removed;

    Changes(ApplyCatalog command, Tenant tenant, Map<String, Entitlement> after) {
      this.command = command;
      Map<String, Entitlement> before = standing(tenant);
      for (Entitlement old : before.values()) {
        if (!in(command, old)) continue;
        Entitlement next = after.get(old.name());
        if (next != null && next.canonical().equals(old.canonical())) continue;
        if (next == null) removed++;
        else changed++;
        undo.add(CatalogUndo.newBuilder().setName(old.name()).setBefore(old.canonical()).build());
      }
      for (Entitlement next : after.values()) {
        if (!in(command, next) || before.containsKey(next.name())) continue;
        added++;
        undo.add(CatalogUndo.newBuilder().setName(next.name()).build());
      }
    }

    CatalogVersion version(long number, long civilUs) {
      return CatalogVersion.newBuilder()
          .setVersion(number)
          .setSet(command.getSet())
          .setCaller(command.getCaller())
          .setCivilUs(civilUs)
          .setEntitlements(command.getEntitlementsCount())
          .setAdded(added)
          .setChanged(changed)
          .setRemoved(removed)
          .build();
    }
  }

  private void rowKey(Tenant tenant, int entitlement) {
    key.clear().addInt(tenant.number).addInt(entitlement);
  }
}
