package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.RefusalReason;

/**
 * The maximum of units that one holder may have out of one pool of sessions. Counted in a row of
 * its own for each holder; each lease that is counted says so, since the catalog may bring the
 * maximum, or take it away, while leases are live.
 */
final class Holders {
  private final State state;
  private final Answers answers;

  Holders(State state, Answers answers) {
    this.state = state;
    this.answers = answers;
  }

  /** Puts the holder's count under the plan; false where the maximum refuses. */
  boolean room(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    long most = pool.entitlement().holderMax();
    HolderLayout.key(plan.holderKey, command.tenant, pool.number(), command.holder);
    boolean counted = !plan.newPool && state.holderRows.get(plan.holderKey, plan.holderRow);
    long taken = counted ? plan.holderRow.getLong(HolderLayout.UNITS) : 0;
    // One of the holder's own leases may be due that the sweep has not come to.
    boolean waits = state.leasesOverdue && taken > 0;
    RefusalReason why = RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED;
    if (taken + command.units > most && (waits || !Allocations.observes(plan, command, why, out))) {
      if (waits) Answers.retry(out);
      else refuse(plan, command, taken, out);
      return false;
    }
    plan.holder = counted ? Plan.Write.UPDATE : Plan.Write.INSERT;
    if (counted) plan.holderBefore = plan.holderRow.getLong(Rows.CHECKSUM);
    else plan.holderRow.length(HolderLayout.BYTES);
    plan.holderRow.setLong(HolderLayout.UNITS, taken + command.units);
    return true;
  }

  private void refuse(Plan plan, AllocateCommand command, long taken, Outcome out) {
    out.holderLimit = plan.pool().entitlement().holderMax();
    out.holderTaken = taken;
    out.retryAfterUs = command.units > out.holderLimit ? 0 : Allocations.SESSION_RETRY_US;
    answers.refuse(
        plan, command.key, command.entitlement, RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED, out);
  }

  /** Marks the planned lease as one that is counted for its holder. */
  static void mark(Plan plan) {
    int flags = plan.leaseRow.getByte(LeaseLayout.FLAGS);
    plan.leaseRow.setByte(LeaseLayout.FLAGS, flags | LeaseLayout.FLAG_OF_HOLDER);
  }

  /** Takes the planned lease, which is over, out of its holder's count if it is in it. */
  static void giveBack(State state, Plan plan) {
    if ((plan.leaseRow.getByte(LeaseLayout.FLAGS) & LeaseLayout.FLAG_OF_HOLDER) == 0) return;
    HolderLayout.keyOf(plan.holderKey, plan.tenant().number, plan.leaseRow);
    if (!state.holderRows.get(plan.holderKey, plan.holderRow))
      throw new PlanFault("a lease is counted for a holder who has none");
    plan.holderBefore = plan.holderRow.getLong(Rows.CHECKSUM);
    long left =
        plan.holderRow.getLong(HolderLayout.UNITS) - plan.leaseRow.getLong(LeaseLayout.UNITS);
    if (left < 0) throw new PlanFault("a holder gives back more than is counted");
    plan.holder = left == 0 ? Plan.Write.REMOVE : Plan.Write.UPDATE;
    plan.holderRow.setLong(HolderLayout.UNITS, left);
  }
}
