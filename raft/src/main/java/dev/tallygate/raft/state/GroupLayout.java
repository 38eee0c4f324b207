package dev.tallygate.raft.state;

/**
 * Units that the members of one group have out of one pool, by leases that were opened while the
 * entitlement had a reservation for it. There is no row without such a lease.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u64  pool number
 *      12  u64  group: hash of attribute path and value
 *      20
 *
 * row   0  u64  checksum
 *       8  i64  units of its leases, those that linger or cool down among them
 *      16
 * </pre>
 */
final class GroupLayout {
  static final int UNITS = Rows.CONTENT;
  static final int BYTES = UNITS + Long.BYTES;

  private GroupLayout() {}

  static void key(Bytes out, int tenant, long pool, long group) {
    out.clear().addInt(tenant).addLong(pool).addLong(group);
  }
}
