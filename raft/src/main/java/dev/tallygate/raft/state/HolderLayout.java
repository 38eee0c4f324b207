package dev.tallygate.raft.state;

/**
 * Units that one holder has out of one pool, by leases that were opened while the entitlement had a
 * maximum per holder. There is no row without such a lease.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u64  pool number
 *      12       holder
 *
 * row   0  u64  checksum
 *       8  i64  units of its leases, those that linger among them
 *      16
 * </pre>
 */
final class HolderLayout {
  static final int UNITS = Rows.CONTENT;
  static final int BYTES = UNITS + Long.BYTES;

  private HolderLayout() {}

  static void key(Bytes out, int tenant, long pool, Span holder) {
    out.clear().addInt(tenant).addLong(pool);
    holder.addTo(out);
  }

  /** The key of the holder that a lease row names. */
  static void keyOf(Bytes out, int tenant, Bytes lease) {
    out.clear().addInt(tenant).addLong(lease.getLong(LeaseLayout.POOL));
    out.add(lease.array(), LeaseLayout.holderAt(), lease.getShort(LeaseLayout.HOLDER_LENGTH));
  }
}
