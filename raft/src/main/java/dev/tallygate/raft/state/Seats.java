package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;

/**
 * A named user's seat: assigned on first use or by an administrator, used by any number of the
 * holder's processes under one token, taken back by an administrator or when nobody has used it for
 * {@code idle-after}, and free again no sooner than {@code cool-down} after it was assigned.
 */
final class Seats {
  /**
   * How often a seat is looked at that has nothing to wait for: the catalog may have given it an
   * {@code idle-after} since, or a shorter one. Elapsed clock.
   */
  static final long LOOK_US = 3_600_000_000L;

  /** When a full pool may be worth another try: a seat is idle, or cools, for days. */
  private static final long RETRY_US = 60_000_000;

  private final State state;
  private final Answers answers;
  private final Allocations allocations;

  Seats(State state, Answers answers, Allocations allocations) {
    this.state = state;
    this.answers = answers;
    this.allocations = allocations;
  }

  void plan(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    if (command.units != 1) {
      refuse(plan, command, RefusalReason.REFUSAL_REASON_UNITS_DIFFER, out);
      return;
    }
    SessionLayout.key(
        plan.sessionKey, command.tenant, pool.number(), command.holder, command.session);
    boolean has = !plan.newPool && state.sessionRows.get(plan.sessionKey, plan.sessionRow);
    if (has) plan.loadLease();
    boolean uses = has && plan.leaseRow.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_SEAT;
    if (uses) use(plan, command, pool, out);
    else if (pool.entitlement().assignedOnly()
        && !command.assign
        && !Allocations.observes(plan, command, RefusalReason.REFUSAL_REASON_NO_SEAT, out))
      refuse(plan, command, RefusalReason.REFUSAL_REASON_NO_SEAT, out);
    else if (has) takeAgain(plan, command, pool, out);
    else assign(plan, command, pool, out);
  }

  private void refuse(Plan plan, AllocateCommand command, RefusalReason why, Outcome out) {
    answers.refuse(plan, command.key, command.entitlement, why, out);
  }

  private void assign(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    if (!allocations.opens(plan, command, pool, out)) return;
    plan.counts.held++;
    long now = state.clocks.elapsedUs();
    allocations.openLease(
        plan, command, pool, LeaseLayout.STATE_SEAT, now, now, looksAt(pool.entitlement(), now));
    allocations.reserve(plan, command, pool);
    plan.openSession();
    out.leaseId = plan.position();
    grant(plan, command, pool, RequestLayout.KIND_SEAT, out);
    allocations.record(plan, command, LedgerKind.LEDGER_KIND_GRANTED, out);
  }

  /** One more use of a seat: nothing changes hands, so the token stays. */
  private void use(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    again(plan, command, pool);
    plan.moves = true;
    out.resumed = true;
    grant(plan, command, pool, RequestLayout.KIND_SEAT_USED, out);
  }

  /** The holder is back before the cool-down is over: the same unit, under a new token. */
  private void takeAgain(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    plan.counts.cooling--;
    plan.counts.held++;
    plan.leaseRow.setByte(LeaseLayout.STATE, LeaseLayout.STATE_SEAT);
    plan.leaseRow.setByte(LeaseLayout.END_REASON, 0);
    plan.leaseRow.setLong(LeaseLayout.TOKEN, plan.position());
    plan.relabel(command);
    again(plan, command, pool);
    out.resumed = true;
    grant(plan, command, pool, RequestLayout.KIND_SEAT_USED, out);
    allocations.record(plan, command, LedgerKind.LEDGER_KIND_RESUMED, out).subjectRef =
        plan.leaseRow.getLong(LeaseLayout.SUBJECT);
  }

  private void again(Plan plan, AllocateCommand command, Pool pool) {
    LeaseLayout.request(plan.leaseRow, command.key);
    used(state, plan, pool.entitlement());
  }

  /** Notes that the planned seat is used now. */
  static void used(State state, Plan plan, Entitlement of) {
    long now = state.clocks.elapsedUs();
    plan.leaseRow.setLong(LeaseLayout.LAST_USE, now);
    plan.lease = Plan.Write.UPDATE;
    plan.timer(state.leaseTimers, looksAt(of, now));
  }

  private void grant(Plan plan, AllocateCommand command, Pool pool, int kind, Outcome out) {
    if (plan.lease == Plan.Write.UPDATE) out.leaseId = plan.leaseKey.getLong(Integer.BYTES);
    out.token = plan.leaseRow.getLong(LeaseLayout.TOKEN);
    out.units = 1;
    out.pool = pool;
    Answers.granted(GrantKind.GRANT_KIND_SEAT, pool.entitlement().idleAfterUs(), out);
    answers.keep(plan, command.key, kind, command.entitlement, pool.number(), out);
  }

  /** When a seat is idle for too long, elapsed clock; {@link Timers#NEVER} where it cannot be. */
  static long idleAt(Entitlement of, Bytes row) {
    return idleAt(of, row.getLong(LeaseLayout.LAST_USE));
  }

  private static long idleAt(Entitlement of, long used) {
    return of.idleAfterUs() == 0 ? Timers.NEVER : used + of.idleAfterUs();
  }

  /** When the sweep looks at a seat again that was used, or looked at, just now. */
  private static long looksAt(Entitlement of, long now) {
    return Math.min(idleAt(of, now), now + LOOK_US);
  }

  /** The same, for one that was used before. */
  static long looksAt(Entitlement of, Bytes row, long now) {
    return Math.min(idleAt(of, row), now + LOOK_US);
  }

  /** When the unit may come back at the earliest, elapsed clock. */
  static long freeAt(Entitlement of, Bytes row) {
    return row.getLong(LeaseLayout.ASSIGNED) + of.coolDownUs();
  }

  /** When a seat may come free; 0 where only an administrator can help. */
  static long retryAfterUs(Entitlement of, Counts counts) {
    return of.idleAfterUs() == 0 && counts.cooling == 0 ? 0 : RETRY_US;
  }

  /** What is left of the time that a seat may stay unused; 0 where there is no such time. */
  static long leftUs(Entitlement of, Bytes row, long now) {
    return of.idleAfterUs() == 0 ? 0 : Math.max(1, idleAt(of, row) - now);
  }
}
