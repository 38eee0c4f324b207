package dev.tallygate.raft.state;

/**
 * What time alone does, at the start of every entry, before its commands: old request ids go,
 * windows and overrides end, leases expire. In the order (time, tenant, id), each row a plan of its
 * own, and no more than a bound of each kind, so that an entry after a long pause is not slow.
 */
final class Sweeper {
  private final State state;
  private final Leases leases;
  private final TenantEnds ends;
  private final Removals removals;
  private final Outcome nobody = new Outcome();
  private final LedgerRecord record = new LedgerRecord();
  private final Bytes key = new Bytes(64);

  Sweeper(State state, Leases leases) {
    this.state = state;
    this.leases = leases;
    ends = new TenantEnds(state, leases);
    removals = new Removals(state, leases);
  }

  void sweep(Plan plan) {
    long elapsed = state.clocks.elapsedUs();
    long civil = state.clocks.civilUs();
    state.requests.dropOld(civil, state.settings.requestWindowUs());
    pools(state.calendarTimers, civil, true);
    state.leasesOverdue = leases(plan, state.leaseTimers, elapsed);
    pools(state.poolTimers, elapsed, false);
    boolean outcomesOverdue = leases(plan, state.settledTimers, civil);
    state.sweepBehind = state.leasesOverdue || outcomesOverdue;
    if (state.blockTimers.due(civil)) blocks(civil);
    state.labelReleasesLeft = state.settings.sweepMax();
    boolean removalsBehind = removals.sweep(plan);
    state.endsBehind = ends.sweep(plan) || removalsBehind;
  }

  /** Blocks that are over block nothing: when their rows go is nobody's hurry. */
  private void blocks(long civil) {
    int left = state.settings.sweepMax();
    while (left > 0 && state.blockTimers.due(civil)) {
      Tenant tenant = state.tenant(state.blockTimers.tenant());
      long number = state.blockTimers.id();
      state.blockTimers.pop();
      LabelBlocks.Block block = tenant == null ? null : tenant.blocks().numbered(number);
      if (tenant == null || block == null) continue;
      left--;
      LabelCommands.remove(state, tenant, block, key);
    }
  }

  /**
   * @return whether it stopped at its bound. The same on all replicas, since only rows are counted:
   *     what is left in the timers may be stale, and differs.
   */
  private boolean leases(Plan plan, Timers timers, long now) {
    int left = state.settings.sweepMax();
    while (left > 0 && timers.due(now)) {
      long time = timers.time();
      long id = timers.id();
      Tenant tenant = state.tenant(timers.tenant());
      timers.pop();
      // Entries that no row calls its own are not counted: a node that was rebuilt has none, and
      // must sweep alike.
      if (tenant != null && lease(plan, tenant, id, time)) left--;
    }
    return left == 0;
  }

  private boolean lease(Plan plan, Tenant tenant, long id, long time) {
    try {
      if (!leases.planDue(plan, tenant, id, time, nobody.clear(0))) return false;
      plan.check();
    } catch (PlanFault fault) {
      state.alarm(
          "lease "
              + id
              + " of tenant `"
              + tenant.name
              + "` is set aside and stays counted: "
              + fault.getMessage());
      leases.setAside(plan, tenant, id);
      return true;
    }
    plan.write();
    return true;
  }

  private void pools(Timers timers, long now, boolean civil) {
    int left = state.settings.sweepMax();
    while (left > 0 && timers.due(now)) {
      long time = timers.time();
      Tenant tenant = state.tenant(timers.tenant());
      Pool pool = tenant == null ? null : tenant.pool(timers.id());
      timers.pop();
      // The pools of a tenant that ends are dropped in their turn.
      if (tenant == null
          || tenant.ending()
          || pool == null
          || time != (civil ? pool.timerCivilUs : pool.timerElapsedUs)) continue;
      left--;
      if (civil) pool.timerCivilUs = 0;
      else pool.timerElapsedUs = 0;
      state.touch(pool);
      try {
        pool(tenant, pool, civil);
      } catch (PlanFault fault) {
        state.alarm(
            "pool "
                + pool.number()
                + " of tenant `"
                + tenant.name
                + "` is not swept any more: "
                + fault.getMessage());
      }
    }
  }

  private void pool(Tenant tenant, Pool pool, boolean civil) {
    boolean wasIdle = pool.idle();
    Answers.refresh(state, tenant, pool, record);
    if (pool.retired() != null && pool.counts().idle()) {
      Pools.drop(state, tenant, pool, record);
      return;
    }
    // One whole idle span has passed since it was last looked at, or it would not have been idle
    // before the refresh.
    if (!civil && wasIdle && pool.entitlement().partitioned())
      Pools.drop(state, tenant, pool, record);
    else PoolTimers.arm(state, pool, true);
  }
}
