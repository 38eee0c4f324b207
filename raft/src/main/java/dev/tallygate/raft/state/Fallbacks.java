package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.RefusalReason;

/**
 * A chain of entitlements: the one that was asked for, and those that it falls back to. Whoever has
 * a session or seat in one of them goes on there. Otherwise units are taken from the first that is
 * not exhausted; any other refusal ends the chain. Where nothing is granted, the first of the chain
 * answers.
 */
final class Fallbacks {
  private final State state;
  private final Allocations allocations;
  private final Bytes name = new Bytes(64);
  private final Bytes sessionKey = new Bytes(128);
  private final Bytes sessionRow = new Bytes(16);

  Fallbacks(State state, Allocations allocations) {
    this.state = state;
    this.allocations = allocations;
  }

  /**
   * Plans one chain of the command.
   *
   * @param first of its targets that belongs to the chain; 0 is the command's own
   * @param last of them
   */
  void plan(Plan plan, AllocateCommand command, int first, int last, Outcome out) {
    command.observes = false;
    if (resumes(plan, command, first, last, out)) return;
    long retryAfterUs = 0;
    int tried = first;
    for (int number = first; number <= last; number++) {
      tried = number;
      allocations.take(plan, of(plan, command, number, out), out);
      if (!exhausted(out)) break;
      retryAfterUs = sooner(retryAfterUs, out.retryAfterUs);
    }
    if (out.status != Outcome.Status.REFUSED) return;
    boolean allExhausted = exhausted(out);
    command.observes = true;
    int answers = observing(plan.tenant(), command, first, tried);
    allocations.take(plan, of(plan, command, answers, out), out);
    if (out.status != Outcome.Status.REFUSED) return;
    if (allExhausted) out.retryAfterUs = retryAfterUs;
  }

  /** The first of those that were tried that only observes; where there is none, the first. */
  private static int observing(Tenant tenant, AllocateCommand command, int first, int tried) {
    for (int number = first; number <= tried; number++) {
      command.use(number);
      Entitlement entitlement = tenant.entitlement(command.entitlement);
      if (entitlement != null && entitlement.observes()) return number;
    }
    return first;
  }

  private static AllocateCommand of(Plan plan, AllocateCommand command, int number, Outcome out) {
    command.use(number);
    plan.begin(plan.tenant());
    out.again();
    return command;
  }

  private static boolean exhausted(Outcome out) {
    return out.status == Outcome.Status.REFUSED
        && out.reason == RefusalReason.REFUSAL_REASON_EXHAUSTED_VALUE;
  }

  /** 0 is never. */
  static long sooner(long one, long other) {
    return one == 0 || other == 0 ? Math.max(one, other) : Math.min(one, other);
  }

  /** Looks through the whole chain before anything is taken. */
  private boolean resumes(Plan plan, AllocateCommand command, int first, int last, Outcome out) {
    for (int number = first; number <= last; number++) {
      command.use(number);
      if (!has(plan, command)) continue;
      allocations.take(plan, of(plan, command, number, out), out);
      // A seat that was taken back, and that its holder cannot have again by himself.
      if (out.reason != RefusalReason.REFUSAL_REASON_NO_SEAT_VALUE) return true;
    }
    return false;
  }

  private boolean has(Plan plan, AllocateCommand command) {
    Tenant tenant = plan.tenant();
    Entitlement entitlement = tenant.entitlement(command.entitlement);
    if (entitlement == null || command.refusal != 0 || entitlement.counts()) return false;
    PoolLayout.key(name, tenant.number, entitlement.number(), command.partition);
    Pool pool = tenant.pool(name);
    if (pool == null || plan.isTakenBefore(pool)) return false;
    SessionLayout.key(sessionKey, tenant.number, pool.number(), command.holder, command.session);
    return state.sessionRows.get(sessionKey, sessionRow);
  }
}
