package dev.tallygate.raft.state;

/**
 * A version of a tenant's catalog, and what takes it back to the version before: a row for each
 * entitlement that it added, changed or removed.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u64  version
 *      12  u32  part: 0 for the version, from 1 for what it did
 *      16
 *
 * row   0  u64  checksum
 *       8       tallygate.log.v1.CatalogVersion of part 0, else tallygate.log.v1.CatalogUndo
 * </pre>
 */
final class CatalogLayout {
  static final int KEY_BYTES = 2 * Integer.BYTES + Long.BYTES;

  private CatalogLayout() {}

  static void key(Bytes out, int tenant, long version, int part) {
    out.clear().addInt(tenant).addLong(version).addInt(part);
  }
}
