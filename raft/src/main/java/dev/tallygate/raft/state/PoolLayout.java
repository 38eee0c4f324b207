package dev.tallygate.raft.state;

/**
 * A pool.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u32  entitlement
 *       8       partition; empty for the one pool of an entitlement without partitions
 *
 * row   0  u64  checksum
 *       8  u64  number, unique within the tenant
 *      16  i64  limit
 *      24  i64  deficit
 *      32  i64  free
 *      40  i64  held
 *      48  i64  on hold
 *      56  i64  cooling
 *      64  i64  used
 *      72  i64  carried
 *      80  i64  overage
 *      88  i64  overage since, civil clock; 0 where there is none
 *      96  i64  limit that the catalog says
 *     104  i64  override: SetLimit's, or -1
 *     112  i64  override until, civil clock; 0 without end
 *     120  i64  calendar window start, civil clock; 0 before the first
 *     128  i64  calendar window end
 *     136  i64  timer on the elapsed clock: when the sweep looks at it next; 0 for none
 *     144  i64  timer on the civil clock; 0 for none
 *     152  i64  newest slice's number
 *     160  i64  highest threshold that was raised, in per cent; 0 for none
 *     168  i64  units used in each slice, slice n at n modulo their count; none for other models
 * </pre>
 */
final class PoolLayout {
  static final int NUMBER = Rows.CONTENT;
  static final int LIMIT = NUMBER + Long.BYTES;
  static final int DEFICIT = LIMIT + Long.BYTES;
  static final int FREE = DEFICIT + Long.BYTES;
  static final int HELD = FREE + Long.BYTES;
  static final int ON_HOLD = HELD + Long.BYTES;
  static final int COOLING = ON_HOLD + Long.BYTES;
  static final int USED = COOLING + Long.BYTES;
  static final int CARRIED = USED + Long.BYTES;
  static final int OVERAGE = CARRIED + Long.BYTES;
  static final int OVERAGE_SINCE = OVERAGE + Long.BYTES;
  static final int CATALOG_LIMIT = OVERAGE_SINCE + Long.BYTES;
  static final int OVERRIDE = CATALOG_LIMIT + Long.BYTES;
  static final int OVERRIDE_UNTIL = OVERRIDE + Long.BYTES;
  static final int WINDOW_START = OVERRIDE_UNTIL + Long.BYTES;
  static final int WINDOW_END = WINDOW_START + Long.BYTES;
  static final int TIMER_ELAPSED = WINDOW_END + Long.BYTES;
  static final int TIMER_CIVIL = TIMER_ELAPSED + Long.BYTES;
  static final int SLICE_NEWEST = TIMER_CIVIL + Long.BYTES;
  static final int RAISED = SLICE_NEWEST + Long.BYTES;
  static final int SLICES = RAISED + Long.BYTES;

  static final int KEY_ENTITLEMENT = Integer.BYTES;
  static final int KEY_PARTITION = KEY_ENTITLEMENT + Integer.BYTES;

  private PoolLayout() {}

  static void key(Bytes out, int tenant, int entitlement, Span partition) {
    out.clear().addInt(tenant).addInt(entitlement);
    partition.addTo(out);
  }
}
