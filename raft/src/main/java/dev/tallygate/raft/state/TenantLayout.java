package dev.tallygate.raft.state;

/**
 * A tenant.
 *
 * <pre>
 * key   0  u32  number
 *       4
 *
 * row   0  u64  checksum
 *       8  u64  position
 *      16  u64  catalog version
 *      24  u64  pools made so far: the last number given
 *      32  u32  entitlements made so far: the last number given
 *      36  u32  TenantStatus
 *      40  u64  oldest version of the catalog that is kept; 0 before the first
 *      48  u64  rows that the versions of the catalog take
 *      56  u64  reference of the holder that was named last; 0 before the first
 *      64  u64  last removal of an entity that the walk under way is for; 0 where none is
 *      72  u64  pool that it came to
 *      80  u64  lease that it came to
 *      88       SHA-256, head of the ledger's chain
 *     120       name
 * </pre>
 */
final class TenantLayout {
  static final int POSITION = Rows.CONTENT;
  static final int CATALOG_VERSION = POSITION + Long.BYTES;
  static final int POOLS_MADE = CATALOG_VERSION + Long.BYTES;
  static final int ENTITLEMENTS_MADE = POOLS_MADE + Long.BYTES;
  static final int STATUS = ENTITLEMENTS_MADE + Integer.BYTES;
  static final int OLDEST_VERSION = STATUS + Integer.BYTES;
  static final int CATALOG_ROWS = OLDEST_VERSION + Long.BYTES;
  static final int NEWEST_SUBJECT = CATALOG_ROWS + Long.BYTES;
  static final int WALK_UP_TO = NEWEST_SUBJECT + Long.BYTES;
  static final int WALK_POOL = WALK_UP_TO + Long.BYTES;
  static final int WALK_LEASE = WALK_POOL + Long.BYTES;
  static final int HEAD = WALK_LEASE + Long.BYTES;
  static final int NAME = HEAD + LedgerLayout.HASH_BYTES;

  private TenantLayout() {}
}
