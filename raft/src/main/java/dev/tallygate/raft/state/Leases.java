package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import org.jspecify.annotations.Nullable;

/**
 * Renew, Release, Settle and Revoke, and what time does to a lease. Idempotent by lease and token,
 * so no request row is needed; giving back never needs space.
 */
final class Leases {
  private final State state;
  private final Span caller = new Span();
  private final Span requestId = new Span();
  private final LedgerRecord refreshed = new LedgerRecord();

  Leases(State state) {
    this.state = state;
  }

  void planRenew(Plan plan, LeaseCommand command, Outcome out) {
    if (!find(plan, command, out)) return;
    Bytes row = plan.leaseRow;
    int standing = row.getByte(LeaseLayout.STATE);
    switch (standing) {
      case LeaseLayout.STATE_LIVE -> renewSession(plan, command, out);
      case LeaseLayout.STATE_SEAT -> renewSeat(plan, out);
      case LeaseLayout.STATE_COOLING -> ended(row, out);
      default -> Answers.refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, out);
    }
  }

  /** A seat needs no renewal; one counts as use. */
  private void renewSeat(Plan plan, Outcome out) {
    Entitlement of = plan.pool().entitlement();
    Seats.used(state, plan, of);
    plan.moves = true;
    out.units = plan.leaseRow.getLong(LeaseLayout.UNITS);
    out.pool = plan.pool;
    Answers.granted(GrantKind.GRANT_KIND_SEAT, of.idleAfterUs(), out);
  }

  private void renewSession(Plan plan, LeaseCommand command, Outcome out) {
    Bytes row = plan.leaseRow;
    Pool pool = plan.pool();
    long now = state.clocks.elapsedUs();
    // Never earlier than what was promised before: a renewal that was overtaken by a later one must
    // not cut it short.
    long ttlEnds =
        Math.max(row.getLong(LeaseLayout.TTL_ENDS), now + pool.entitlement().ttlUs(command.ttlUs));
    long ends = Math.max(row.getLong(LeaseLayout.ENDS), ttlEnds + pool.entitlement().graceUs());
    row.setLong(LeaseLayout.TTL_ENDS, ttlEnds);
    row.setLong(LeaseLayout.ENDS, ends);
    plan.lease = Plan.Write.UPDATE;
    plan.timer(state.leaseTimers, ends);
    plan.moves = true;
    out.units = row.getLong(LeaseLayout.UNITS);
    out.pool = pool;
    Answers.granted(GrantKind.GRANT_KIND_LEASE, ttlEnds - now, out);
  }

  void planRelease(Plan plan, LeaseCommand command, Outcome out) {
    if (!find(plan, command, out)) return;
    switch (plan.leaseRow.getByte(LeaseLayout.STATE)) {
      case LeaseLayout.STATE_LIVE -> release(plan, out);
      case LeaseLayout.STATE_HOLD, LeaseLayout.STATE_SEAT ->
          Answers.refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, out);
      default -> ended(plan.leaseRow, out);
    }
  }

  private void release(Plan plan, Outcome out) {
    long freeAt = state.clocks.elapsedUs() + plan.pool().entitlement().lingerUs();
    leave(plan, freeAt, EndReason.END_REASON_RELEASED, LedgerKind.LEDGER_KIND_RELEASED, out);
  }

  /** Takes a seat from its holder. */
  private void unassign(Plan plan, EndReason reason, LedgerKind kind, Outcome out) {
    // Nobody may shorten a cool-down, so there is nothing left to release.
    plan.dropLabels();
    leave(plan, Seats.freeAt(plan.pool().entitlement(), plan.leaseRow), reason, kind, out);
  }

  /**
   * The holder has no right to it any more; its units come back at an instant of the elapsed clock,
   * or now where that is over.
   */
  private void leave(Plan plan, long freeAt, EndReason reason, LedgerKind kind, Outcome out) {
    Bytes row = plan.leaseRow;
    long units = row.getLong(LeaseLayout.UNITS);
    boolean cools = freeAt > state.clocks.elapsedUs();
    plan.counts.held -= units;
    if (cools) {
      plan.counts.cooling += units;
      row.setByte(LeaseLayout.STATE, LeaseLayout.STATE_COOLING);
      row.setByte(LeaseLayout.END_REASON, reason.getNumber());
      row.setLong(LeaseLayout.ENDS, freeAt);
      plan.lease = Plan.Write.UPDATE;
      plan.timer(state.leaseTimers, freeAt);
    } else {
      plan.counts.giveBack(units);
      remove(plan);
    }
    markEnded(plan, reason, 0);
    // Units that cool change hands later, and are recorded then.
    record(plan, kind, cools ? 0 : units, 0);
    Answers.ended(reason, 0, out);
  }

  void planSettle(Plan plan, LeaseCommand command, Outcome out) {
    if (!find(plan, command, out)) return;
    Bytes row = plan.leaseRow;
    int standing = row.getByte(LeaseLayout.STATE);
    if (standing == LeaseLayout.STATE_SETTLED) {
      ended(row, out);
      return;
    }
    if (standing != LeaseLayout.STATE_HOLD) {
      Answers.refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, out);
      return;
    }
    long units = row.getLong(LeaseLayout.UNITS);
    if (command.units > units || command.units < 0) {
      out.units = units;
      Answers.refused(RefusalReason.REFUSAL_REASON_UNITS_DIFFER, out);
      return;
    }
    if (command.cancel)
      settle(plan, 0, EndReason.END_REASON_CANCELLED, LedgerKind.LEDGER_KIND_CANCELLED, out);
    else
      settle(
          plan,
          command.units,
          EndReason.END_REASON_COMMITTED,
          LedgerKind.LEDGER_KIND_COMMITTED,
          out);
  }

  /**
   * Ends a hold: charges some of it, gives the rest back, and keeps the outcome for as long as an
   * id.
   */
  private void settle(Plan plan, long charged, EndReason reason, LedgerKind kind, Outcome out) {
    Bytes row = plan.leaseRow;
    long units = row.getLong(LeaseLayout.UNITS);
    if (attached(plan.pool, row)) {
      Pool pool = plan.pool();
      plan.counts.onHold -= units;
      plan.counts.used += charged;
      plan.counts.giveBack(units - charged);
      if (pool.sliceCount() > 0) Allocations.addToSlice(plan, pool, charged);
    }
    row.setByte(LeaseLayout.STATE, LeaseLayout.STATE_SETTLED);
    row.setByte(LeaseLayout.END_REASON, reason.getNumber());
    row.setLong(LeaseLayout.CHARGED, charged);
    row.setLong(LeaseLayout.ENDS, state.clocks.civilUs() + state.settings.requestWindowUs());
    plan.lease = Plan.Write.UPDATE;
    plan.dropLabels();
    plan.timerAnew(state.settledTimers, row.getLong(LeaseLayout.ENDS));
    record(plan, kind, units, charged);
    Answers.ended(reason, charged, out);
  }

  /**
   * A hold of a calendar window that has closed belongs to no pool any more: it is settled in the
   * ledger alone.
   */
  private static boolean attached(@Nullable Pool pool, Bytes row) {
    if (pool == null) return false;
    return !pool.entitlement().calendar() || pool.windowStartUs == row.getLong(LeaseLayout.WINDOW);
  }

  void planRevoke(Plan plan, int tenantNumber, long leaseId, Span by, Span reason, Outcome out) {
    Tenant tenant = tenant(plan, tenantNumber, out);
    if (tenant == null || !load(plan, tenant, leaseId, out)) return;
    revoke(plan, by, reason, out);
  }

  /**
   * Plans the end of what somebody holds who was removed: as if an administrator had revoked it.
   */
  void planRemoved(Plan plan, Tenant tenant, long leaseId, Span by, Span reason, Outcome out) {
    plan.begin(tenant);
    if (load(plan, tenant, leaseId, out)) revoke(plan, by, reason, out);
  }

  /** Ends the lease that was loaded, whoever holds it. */
  private void revoke(Plan plan, Span by, Span reason, Outcome out) {
    if (endOverdue(plan, out)) return;
    Bytes row = plan.leaseRow;
    switch (row.getByte(LeaseLayout.STATE)) {
      case LeaseLayout.STATE_LIVE ->
          leave(plan, 0, EndReason.END_REASON_REVOKED, LedgerKind.LEDGER_KIND_REVOKED, out);
      case LeaseLayout.STATE_SEAT ->
          unassign(plan, EndReason.END_REASON_REVOKED, LedgerKind.LEDGER_KIND_REVOKED, out);
      case LeaseLayout.STATE_COOLING -> {
        // Nobody may shorten a cool-down: it is there against passing one seat around.
        if (plan.pool().entitlement().model() == Entitlement.Model.NAMED_USER) {
          ended(row, out);
          return;
        }
        revokeLingering(plan, out);
      }
      case LeaseLayout.STATE_HOLD ->
          settle(plan, 0, EndReason.END_REASON_REVOKED, LedgerKind.LEDGER_KIND_REVOKED, out);
      default -> {
        ended(row, out);
        return;
      }
    }
    plan.record.caller.set(by);
    plan.record.detail.set(reason);
  }

  private void revokeLingering(Plan plan, Outcome out) {
    long units = plan.leaseRow.getLong(LeaseLayout.UNITS);
    plan.counts.cooling -= units;
    plan.counts.giveBack(units);
    remove(plan);
    markEnded(plan, EndReason.END_REASON_REVOKED, 0);
    record(plan, LedgerKind.LEDGER_KIND_REVOKED, units, 0);
    Answers.ended(EndReason.END_REASON_REVOKED, 0, out);
  }

  /**
   * Plans the end of a lease or open hold of a tenant that ends: no linger and no cool-down goes
   * on.
   *
   * @return false where there is none of that id
   */
  boolean planLast(Plan plan, Tenant tenant, long leaseId, Span reason, Outcome out) {
    plan.begin(tenant);
    if (!load(plan, tenant, leaseId, out)) return false;
    switch (plan.leaseRow.getByte(LeaseLayout.STATE)) {
      case LeaseLayout.STATE_LIVE, LeaseLayout.STATE_SEAT ->
          leave(plan, 0, EndReason.END_REASON_REVOKED, LedgerKind.LEDGER_KIND_REVOKED, out);
      case LeaseLayout.STATE_COOLING -> revokeLingering(plan, out);
      default -> settle(plan, 0, EndReason.END_REASON_REVOKED, LedgerKind.LEDGER_KIND_REVOKED, out);
    }
    plan.record.detail.set(reason);
    return true;
  }

  /**
   * Plans what is due for the lease of a timer entry. Called by the sweep; each lease is a plan of
   * its own.
   *
   * @return false where the entry is not the row's own any more
   */
  boolean planDue(Plan plan, Tenant tenant, long leaseId, long entryTime, Outcome out) {
    plan.begin(tenant);
    LeaseLayout.key(plan.leaseKey, tenant.number, leaseId);
    Bytes row = plan.leaseRow;
    if (!state.leaseRows.get(plan.leaseKey, row) || row.getLong(LeaseLayout.TIMER) != entryTime)
      return false;
    plan.leaseBefore = row.getLong(Rows.CHECKSUM);
    int standing = row.getByte(LeaseLayout.STATE);
    if (standing == LeaseLayout.STATE_SETTLED) {
      plan.lease = Plan.Write.REMOVE;
      // Its request may be remembered for longer: it was issued ahead of the clock.
      markEnded(
          plan,
          EndReason.forNumber(row.getByte(LeaseLayout.END_REASON)),
          row.getLong(LeaseLayout.CHARGED));
      return true;
    }
    long now = state.clocks.elapsedUs();
    Entitlement seatOf = standing == LeaseLayout.STATE_SEAT ? entitlement(tenant, row) : null;
    long ends = seatOf == null ? row.getLong(LeaseLayout.ENDS) : Seats.idleAt(seatOf, row);
    if (ends > now) {
      plan.lease = Plan.Write.UPDATE;
      plan.timerAnew(state.leaseTimers, seatOf == null ? ends : Seats.looksAt(seatOf, row, now));
    } else {
      onPool(plan, tenant);
      end(plan, standing, out);
      // A seat that cools down now needs an entry of its own: this one has been taken out.
      if (row.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_COOLING
          && plan.lease == Plan.Write.UPDATE)
        plan.timerAnew(state.leaseTimers, row.getLong(LeaseLayout.ENDS));
    }
    return true;
  }

  private static Entitlement entitlement(Tenant tenant, Bytes lease) {
    Pool pool = tenant.pool(lease.getLong(LeaseLayout.POOL));
    if (pool == null) throw new PlanFault("a lease without its pool");
    return pool.entitlement();
  }

  /**
   * Ends a lease whose time is over although the sweep has not come to it yet. False where it is
   * not.
   */
  private boolean endOverdue(Plan plan, Outcome out) {
    int standing = plan.leaseRow.getByte(LeaseLayout.STATE);
    if (standing == LeaseLayout.STATE_SETTLED) return false;
    long ends =
        standing == LeaseLayout.STATE_SEAT
            ? Seats.idleAt(plan.pool().entitlement(), plan.leaseRow)
            : plan.leaseRow.getLong(LeaseLayout.ENDS);
    if (ends > state.clocks.elapsedUs()) return false;
    end(plan, standing, out);
    return true;
  }

  private void end(Plan plan, int standing, Outcome out) {
    long units = plan.leaseRow.getLong(LeaseLayout.UNITS);
    switch (standing) {
      case LeaseLayout.STATE_LIVE -> {
        plan.counts.held -= units;
        plan.counts.giveBack(units);
        remove(plan);
        markEnded(plan, EndReason.END_REASON_EXPIRED, 0);
        record(plan, LedgerKind.LEDGER_KIND_EXPIRED, units, 0);
        Answers.ended(EndReason.END_REASON_EXPIRED, 0, out);
      }
      case LeaseLayout.STATE_SEAT ->
          unassign(plan, EndReason.END_REASON_EXPIRED, LedgerKind.LEDGER_KIND_EXPIRED, out);
      case LeaseLayout.STATE_COOLING -> {
        plan.counts.cooling -= units;
        plan.counts.giveBack(units);
        remove(plan);
        record(plan, LedgerKind.LEDGER_KIND_LINGERED, units, 0);
        ended(plan.leaseRow, out);
      }
      case LeaseLayout.STATE_HOLD -> {
        settle(
            plan,
            cancelsAtItsEnd(plan) ? 0 : units,
            EndReason.END_REASON_HOLD_EXPIRED,
            LedgerKind.LEDGER_KIND_HOLD_EXPIRED,
            out);
      }
      default -> throw new PlanFault("lease of an unknown state " + standing);
    }
  }

  /** A hold whose pool is gone ends as was declared when it was opened. */
  private static boolean cancelsAtItsEnd(Plan plan) {
    return plan.pool == null
        ? (plan.leaseRow.getByte(LeaseLayout.FLAGS) & LeaseLayout.FLAG_EXPIRY_CANCELS) != 0
        : plan.pool.entitlement().holdExpiryCancels();
  }

  /**
   * Plans nothing but that the rows of a lease go that cannot be planned, of a tenant that ends.
   */
  void planRemoval(Plan plan, Tenant tenant, long leaseId) {
    plan.begin(tenant);
    LeaseLayout.key(plan.leaseKey, tenant.number, leaseId);
    if (!state.leaseRows.get(plan.leaseKey, plan.leaseRow)) return;
    plan.leaseBefore = plan.leaseRow.getLong(Rows.CHECKSUM);
    plan.dropLabels();
    plan.lease = Plan.Write.REMOVE;
    SessionLayout.keyOf(plan.sessionKey, tenant.number, plan.leaseRow);
    if (!state.sessionRows.get(plan.sessionKey, plan.sessionRow)) return;
    plan.session = Plan.Write.REMOVE;
    plan.sessionBefore = plan.sessionRow.getLong(Rows.CHECKSUM);
  }

  /**
   * Sets a lease aside that cannot be planned: it stays counted, and no sweep looks at it again.
   */
  void setAside(Plan plan, Tenant tenant, long leaseId) {
    plan.begin(tenant);
    LeaseLayout.key(plan.leaseKey, tenant.number, leaseId);
    if (!state.leaseRows.get(plan.leaseKey, plan.leaseRow)) return;
    plan.leaseBefore = plan.leaseRow.getLong(Rows.CHECKSUM);
    plan.leaseRow.setLong(LeaseLayout.TIMER, Timers.NEVER);
    plan.lease = Plan.Write.UPDATE;
    plan.write();
  }

  private @Nullable Tenant tenant(Plan plan, int number, Outcome out) {
    Tenant tenant = state.asked(number);
    if (tenant == null) {
      Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      return null;
    }
    plan.begin(tenant);
    out.position = tenant.position;
    out.catalogVersion = tenant.catalogVersion;
    return tenant;
  }

  /** Loads the lease that a command names by id and token; otherwise answers why not. */
  private boolean find(Plan plan, LeaseCommand command, Outcome out) {
    Tenant tenant = tenant(plan, command.tenant, out);
    if (tenant == null) return false;
    out.token = command.token;
    if (!load(plan, tenant, command.leaseId, out)) return false;
    long token = plan.leaseRow.getLong(LeaseLayout.TOKEN);
    if (command.token == token) return !endOverdue(plan, out);
    out.pool = plan.pool;
    Answers.refused(
        command.token < token
            ? RefusalReason.REFUSAL_REASON_FENCED
            : RefusalReason.REFUSAL_REASON_NOT_FOUND,
        out);
    return false;
  }

  private boolean load(Plan plan, Tenant tenant, long leaseId, Outcome out) {
    out.leaseId = leaseId;
    LeaseLayout.key(plan.leaseKey, tenant.number, leaseId);
    if (!state.leaseRows.get(plan.leaseKey, plan.leaseRow)) {
      // Every position up to now may have opened a lease that is over; one above was never given.
      if (leaseId > tenant.position || leaseId <= 0)
        Answers.refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, out);
      else Answers.ended(EndReason.END_REASON_FORGOTTEN, 0, out);
      return false;
    }
    plan.leaseBefore = plan.leaseRow.getLong(Rows.CHECKSUM);
    onPool(plan, tenant);
    out.pool = plan.pool;
    return true;
  }

  /**
   * Puts the lease's pool under the plan, brought up to the clocks. Only a hold may have outlived
   * its pool.
   */
  private void onPool(Plan plan, Tenant tenant) {
    Pool pool = tenant.pool(plan.leaseRow.getLong(LeaseLayout.POOL));
    int standing = plan.leaseRow.getByte(LeaseLayout.STATE);
    if (pool == null) {
      if (standing != LeaseLayout.STATE_HOLD && standing != LeaseLayout.STATE_SETTLED)
        throw new PlanFault("a lease without its pool");
      return;
    }
    Answers.refresh(state, tenant, pool, refreshed);
    plan.on(pool, false);
  }

  private void remove(Plan plan) {
    plan.lease = Plan.Write.REMOVE;
    plan.dropLabels();
    SessionLayout.keyOf(plan.sessionKey, plan.tenant().number, plan.leaseRow);
    if (!state.sessionRows.get(plan.sessionKey, plan.sessionRow))
      throw new PlanFault("a lease without its session");
    plan.session = Plan.Write.REMOVE;
    plan.sessionBefore = plan.sessionRow.getLong(Rows.CHECKSUM);
    Holders.giveBack(state, plan);
    Reservations.giveBack(state, plan);
  }

  /**
   * The answer that is kept for the request behind the token says from now on that the lease is
   * over.
   */
  private void markEnded(Plan plan, EndReason reason, long charged) {
    Bytes row = plan.leaseRow;
    long issuedAt = row.getLong(LeaseLayout.ISSUED_AT);
    plan.endedMinute = RequestKey.minute(issuedAt);
    caller.set(row.array(), LeaseLayout.callerAt(row), row.getShort(LeaseLayout.CALLER_LENGTH));
    requestId.set(
        row.array(), LeaseLayout.requestAt(row), row.getShort(LeaseLayout.REQUEST_LENGTH));
    int part = LeaseLayout.part(row);
    RequestLayout.key(plan.endedKey, plan.tenant().number, issuedAt, caller, requestId, part);
    if (!state.requests.find(plan.endedMinute, plan.endedKey, plan.endedRow)) return;
    if (plan.endedRow.getByte(RequestLayout.KIND) == RequestLayout.KIND_ENDED) return;
    plan.ended = true;
    plan.endedBefore = plan.endedRow.getLong(Rows.CHECKSUM);
    plan.endedRow.setByte(RequestLayout.KIND, RequestLayout.KIND_ENDED);
    plan.endedRow.setByte(RequestLayout.REASON, reason.getNumber());
    plan.endedRow.setLong(RequestLayout.UNITS, charged);
  }

  private static void ended(Bytes row, Outcome out) {
    Answers.ended(
        EndReason.forNumber(row.getByte(LeaseLayout.END_REASON)),
        row.getLong(LeaseLayout.CHARGED),
        out);
  }

  private void record(Plan plan, LedgerKind kind, long units, long charged) {
    Bytes row = plan.leaseRow;
    LedgerRecord record = plan.record(kind);
    record.pool = row.getLong(LeaseLayout.POOL);
    record.subjectRef = row.getLong(LeaseLayout.SUBJECT);
    record.leaseId = plan.leaseKey.getLong(Integer.BYTES);
    record.units = units;
    record.charged = charged;
  }
}
