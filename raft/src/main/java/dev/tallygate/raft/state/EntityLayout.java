package dev.tallygate.raft.state;

/**
 * Entities, and removals whose leases may not all have ended.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u8   kind
 *       5       ENTITY: its name, as holders are named; REMOVAL: u64 position
 *
 * row   0  u64  checksum
 *       8  u64  ENTITY: position of its last change; REMOVAL: subject reference
 *      16       ENTITY: tallygate.log.v1.Entity; REMOVAL: reason
 * </pre>
 */
final class EntityLayout {
  static final int KEY_KIND = Integer.BYTES;
  static final int KEY_NAME = KEY_KIND + 1;

  static final int POSITION = Rows.CONTENT;
  static final int REFERENCE = Rows.CONTENT;
  static final int BODY = POSITION + Long.BYTES;

  static final int KIND_ENTITY = 1;
  static final int KIND_REMOVAL = 2;

  private EntityLayout() {}

  static void key(Bytes out, int tenant, Span name) {
    out.clear().addInt(tenant).addByte(KIND_ENTITY);
    name.addTo(out);
  }

  static void removalKey(Bytes out, int tenant, long position) {
    out.clear().addInt(tenant).addByte(KIND_REMOVAL).addLong(position);
  }
}
