package dev.tallygate.raft.state;

/**
 * The natural key of a session, and the lease that it has.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u64  pool number
 *      12  u16  length of the holder
 *      14       holder, session part
 *
 * row   0  u64  checksum
 *       8  u64  lease id
 *      16
 * </pre>
 */
final class SessionLayout {
  static final int LEASE = Rows.CONTENT;
  static final int BYTES = LEASE + Long.BYTES;

  private SessionLayout() {}

  static void key(Bytes out, int tenant, long pool, Span holder, Span session) {
    out.clear().addInt(tenant).addLong(pool).addShort(holder.length());
    holder.addTo(out);
    session.addTo(out);
  }

  /** The key of the session that a lease row stands for. */
  static void keyOf(Bytes out, int tenant, Bytes lease) {
    int holder = lease.getShort(LeaseLayout.HOLDER_LENGTH);
    int session = lease.getShort(LeaseLayout.SESSION_LENGTH);
    out.clear().addInt(tenant).addLong(lease.getLong(LeaseLayout.POOL)).addShort(holder);
    out.add(lease.array(), LeaseLayout.holderAt(), holder + session);
  }
}
