package dev.tallygate.raft.state;

import java.nio.charset.StandardCharsets;

/**
 * Units of a pool of sessions or seats that are kept for groups. Members take them, and what is
 * kept for nobody; others leave alone what a group has not taken of its own. Each group is counted
 * in a row, and each lease says to which group it counts, since the catalog may change meanwhile.
 */
final class Reservations {
  private final State state;
  private final Bytes key = new Bytes(32);
  private final Bytes row = new Bytes(16);

  Reservations(State state) {
    this.state = state;
  }

  /** A number for a group that stays the same whatever else the catalog reserves. */
  static long group(dev.tallygate.proto.log.v1.Reservation reservation) {
    byte[] name =
        (String.join("\0", reservation.getPathList()) + "\0" + reservation.getValue())
            .getBytes(StandardCharsets.UTF_8);
    long hash = Checksum.of(TableId.GROUPS.number(), name, 0, name.length);
    return hash == 0 ? 1 : hash;
  }

  /** Units that the groups but the command's own have not taken of what is kept for them. */
  long keptForOthers(Plan plan, AllocateCommand command, Pool pool) {
    Entitlement of = pool.entitlement();
    long kept = 0;
    for (int number = 1; number <= of.reservations(); number++) {
      if (number == command.group) continue;
      long taken = plan.newPool ? 0 : taken(pool, of.group(number));
      kept += Math.max(0, of.reserved(number) - taken);
    }
    return kept;
  }

  private long taken(Pool pool, long group) {
    GroupLayout.key(key, pool.tenant(), pool.number(), group);
    return state.groupRows.get(key, row) ? row.getLong(GroupLayout.UNITS) : 0;
  }

  /** Counts the planned lease for the command's group. */
  void count(Plan plan, AllocateCommand command, Pool pool) {
    if (command.group == 0) return;
    long group = pool.entitlement().group(command.group);
    plan.leaseRow.setLong(LeaseLayout.GROUP, group);
    GroupLayout.key(plan.groupKey, pool.tenant(), pool.number(), group);
    boolean counted = !plan.newPool && state.groupRows.get(plan.groupKey, plan.groupRow);
    long taken = counted ? plan.groupRow.getLong(GroupLayout.UNITS) : 0;
    plan.group = counted ? Plan.Write.UPDATE : Plan.Write.INSERT;
    if (counted) plan.groupBefore = plan.groupRow.getLong(Rows.CHECKSUM);
    else plan.groupRow.length(GroupLayout.BYTES);
    plan.groupRow.setLong(GroupLayout.UNITS, taken + command.units);
  }

  /** Takes the planned lease, which is over, out of its group's count if it is in one. */
  static void giveBack(State state, Plan plan) {
    long group = plan.leaseRow.getLong(LeaseLayout.GROUP);
    if (group == 0) return;
    GroupLayout.key(
        plan.groupKey, plan.tenant().number, plan.leaseRow.getLong(LeaseLayout.POOL), group);
    if (!state.groupRows.get(plan.groupKey, plan.groupRow))
      throw new PlanFault("a lease is counted for a group that has none");
    plan.groupBefore = plan.groupRow.getLong(Rows.CHECKSUM);
    long left = plan.groupRow.getLong(GroupLayout.UNITS) - plan.leaseRow.getLong(LeaseLayout.UNITS);
    if (left < 0) throw new PlanFault("a group gives back more than is counted");
    plan.group = left == 0 ? Plan.Write.REMOVE : Plan.Write.UPDATE;
    plan.groupRow.setLong(GroupLayout.UNITS, left);
  }
}
