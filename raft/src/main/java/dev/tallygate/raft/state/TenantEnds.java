package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;

/**
 * Ends what deleted tenants had, in every entry no more rows than a bound: leases, then their
 * pools, then the catalog, then the names of holders. Each end of a lease is in the ledger like any
 * other. The tenant's own row goes last, when the outcomes of its holds are forgotten too: until
 * then nobody can take its name.
 *
 * <p>Nothing says how far it has come but the rows that are left, so a replica that is rebuilt goes
 * on at the same one.
 */
final class TenantEnds {
  private static final int IDS = 64;

  private final State state;
  private final Leases leases;
  private final CatalogVersions versions;
  private final Span why = new Span();
  private final Span name = new Span();
  private final Outcome nobody = new Outcome();
  private final LedgerRecord record = new LedgerRecord();
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(256);
  private final long[] ids = new long[IDS];
  private int left;

  TenantEnds(State state, Leases leases) {
    this.state = state;
    this.leases = leases;
    versions = new CatalogVersions(state);
    why.set("the tenant was deleted");
  }

  /** Returns whether it stopped at its bound. */
  boolean sweep(Plan plan) {
    if (state.ending().isEmpty()) return false;
    left = state.settings.sweepMax();
    for (Tenant tenant : state.ending().values()) {
      if (!tenant.gone) end(plan, tenant);
      if (left == 0) return true;
    }
    return false;
  }

  private void end(Plan plan, Tenant tenant) {
    pools(plan, tenant);
    while (left > 0 && !tenant.strays().isEmpty()) {
      long id = tenant.strays().first();
      lease(plan, tenant, id);
      tenant.strays().remove(id);
    }
    if (left > 0) catalog(tenant);
    while (left > 0 && entity(tenant)) left--;
    while (left > 0 && tenant.newestSubject != 0) name(tenant);
    if (left > 0 && tenant.leases == 0) last(tenant);
  }

  private void pools(Plan plan, Tenant tenant) {
    for (Pool pool = tenant.firstPool(); left > 0 && pool != null; pool = tenant.firstPool()) {
      int count = pool.leases().next(0, ids);
      for (int i = 0; left > 0 && i < count; i++) {
        lease(plan, tenant, ids[i]);
        pool.leases().remove(ids[i]);
      }
      if (left > 0 && count == 0) drop(tenant, pool);
    }
  }

  private void lease(Plan plan, Tenant tenant, long id) {
    left--;
    try {
      if (!leases.planLast(plan, tenant, id, why, nobody.clear(0)))
        throw new CorruptStateException("a lease that is listed is gone");
      plan.check();
    } catch (PlanFault fault) {
      state.alarm(
          "lease "
              + id
              + " of the deleted tenant `"
              + tenant.name
              + "` is removed without being counted: "
              + fault.getMessage());
      leases.planRemoval(plan, tenant, id);
    }
    plan.write();
  }

  /** What was used in a window that runs is told of first: a pool is dropped with nothing taken. */
  private void drop(Tenant tenant, Pool pool) {
    left--;
    pool.override = Pool.NO_OVERRIDE;
    pool.overrideUntilUs = 0;
    try {
      Meters.forget(state, tenant, pool, record);
    } catch (PlanFault fault) {
      state.alarm("pool " + pool.number() + " of a deleted tenant: " + fault.getMessage());
    }
    // A lease that had to be removed uncounted was told of before.
    if (!pool.idle()) pool.counts().fresh(pool.counts().limit());
    Pools.drop(state, tenant, pool, record);
  }

  private void catalog(Tenant tenant) {
    for (Entitlement entitlement = tenant.firstEntitlement();
        left > 0 && entitlement != null;
        entitlement = tenant.firstEntitlement()) {
      left--;
      key.clear().addInt(tenant.number).addInt(entitlement.number());
      state.entitlementRows.remove(key, tenant.checksum(entitlement.number()));
      tenant.remove(entitlement);
    }
    while (left > 0 && versions.forgetOldest(tenant)) left--;
    state.touch(tenant);
  }

  /** Removes an entity, or a removal that nobody waits for any more; false where there is none. */
  private boolean entity(Tenant tenant) {
    byte[] first = tenant.entities().first();
    if (first == null) {
      if (tenant.removals().isEmpty()) return false;
      Removals.forgetOldest(state, tenant, key, row);
      return true;
    }
    name.set(first);
    EntityLayout.key(key, tenant.number, name);
    if (!state.entityRows.get(key, row)) throw new CorruptStateException("an entity is gone");
    state.entityRows.remove(key, row.getLong(Rows.CHECKSUM));
    state.entities--;
    tenant.entities().remove(first);
    return true;
  }

  private void name(Tenant tenant) {
    left--;
    SubjectLayout.nameKey(key, tenant.number, tenant.newestSubject);
    if (!state.nameRows.get(key, row)) throw new CorruptStateException("a name is gone");
    tenant.newestSubject = row.getLong(SubjectLayout.PREVIOUS);
    state.nameRows.remove(key, row.getLong(Rows.CHECKSUM));
    key.clear().addInt(tenant.number);
    key.add(row.array(), SubjectLayout.NAME, row.length() - SubjectLayout.NAME);
    if (!state.subjectRows.get(key, row)) throw new CorruptStateException("a holder is gone");
    state.subjectRows.remove(key, row.getLong(Rows.CHECKSUM));
    state.subjects--;
    state.touch(tenant);
  }

  private void last(Tenant tenant) {
    left--;
    // A thousand at most.
    for (LabelBlocks.Block block : tenant.blocks().all())
      LabelCommands.remove(state, tenant, block, key);
    tenant.gone = true;
    tenant.position++;
    record.clear(LedgerKind.LEDGER_KIND_TENANT_ENDED).detail.set(tenant.name);
    state.record(tenant, record, 0);
    // A tenant that is made further on in this entry begins above it already.
    state.positionsEnded = Math.max(state.positionsEnded, tenant.position);
  }
}
