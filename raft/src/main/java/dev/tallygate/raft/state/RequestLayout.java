package dev.tallygate.raft.state;

/**
 * What was answered under a request id, in the table of the minute of {@code issued_at}.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u64  issued_at, microseconds since 1970
 *      12  u8   129 and more: the part of the request, from 1, less 128; absent for the first
 *          u8   length of the caller, at most 128
 *               caller, request id
 *
 * row   0  u64  checksum
 *       8  u64  content hash, high
 *      16  u64  content hash, low
 *      24  u64  lease, hold or receipt; 0 for a refusal
 *      32  u64  token; of a refusal the position; of LABEL up to which token the rest is to be released
 *      40  i64  units; of ENDED those that stay charged; of LABEL the leases that were released
 *      48  u64  pool number; 0 where none
 *      56  u8   kind
 *      57  u8   reason: RefusalReason of REFUSED, and of a grant that was only observed, EndReason of ENDED
 *      58  u16  of a grant: parts of the request, 0 for one; of REFUSED: the part that refused
 *      60  u32  entitlement
 *      64
 * </pre>
 */
final class RequestLayout {
  /** Bound on a caller's name. */
  private static final int CALLER_BYTES_MAX = 128;

  static final long MINUTE_US = 60_000_000;

  static final int CONTENT_HIGH = Rows.CONTENT;
  static final int CONTENT_LOW = CONTENT_HIGH + Long.BYTES;
  static final int LEASE = CONTENT_LOW + Long.BYTES;
  static final int TOKEN = LEASE + Long.BYTES;
  static final int UNITS = TOKEN + Long.BYTES;
  static final int POOL = UNITS + Long.BYTES;
  static final int KIND = POOL + Long.BYTES;
  static final int REASON = KIND + 1;
  static final int PARTS = REASON + 1;
  static final int ENTITLEMENT = PARTS + Short.BYTES;
  static final int BYTES = ENTITLEMENT + Integer.BYTES;

  static final int KIND_LEASE = 1;
  static final int KIND_HOLD = 2;
  static final int KIND_RECEIPT = 3;
  static final int KIND_REFUSED = 4;
  static final int KIND_LIMIT_SET = 5;

  /**
   * A lease or hold that this request opened or resumed, and whose own row says no more why it is
   * over.
   */
  static final int KIND_ENDED = 6;

  static final int KIND_SEAT = 7;

  /** A seat that its holder had already. */
  static final int KIND_SEAT_USED = 8;

  /** A label was released or blocked. */
  static final int KIND_LABEL = 20;

  private RequestLayout() {}

  /**
   * @param part of a request that names several entitlements, from 0
   */
  static void key(Bytes out, int tenant, long issuedAtUs, Span caller, Span requestId, int part) {
    out.clear().addInt(tenant).addLong(issuedAtUs);
    if (part > 0) out.addByte(CALLER_BYTES_MAX + part);
    out.addByte(caller.length());
    caller.addTo(out);
    requestId.addTo(out);
  }
}
