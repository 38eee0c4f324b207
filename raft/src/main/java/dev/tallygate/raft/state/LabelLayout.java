package dev.tallygate.raft.state;

/**
 * What stands under a label, as a list in the order of tokens, the oldest first; and the labels
 * under which nothing is taken.
 *
 * <pre>
 * LABELS        key   0  u32  tenant
 *                     4  u64  lease id; 0 for the list itself
 *                    12       label
 *
 *    the list   row   0  u64  checksum
 *                     8  u64  first lease id
 *                    16  u64  last lease id
 *                    24  i64  leases
 *                    32
 *
 *    a lease    row   0  u64  checksum
 *                     8  u64  lease id before it; 0 where it is the first
 *                    16  u64  lease id after it; 0 where it is the last
 *                    24
 *
 * LABEL_BLOCKS  key   0  u32  tenant
 *                     4       label
 *
 *               row   0  u64  checksum
 *                     8  i64  until, civil clock
 *                    16  u64  number: the position that made it
 *                    24
 * </pre>
 */
final class LabelLayout {
  static final int KEY_LEASE = Integer.BYTES;
  static final int KEY_LABEL = KEY_LEASE + Long.BYTES;

  static final int FIRST = Rows.CONTENT;
  static final int LAST = FIRST + Long.BYTES;
  static final int LEASES = LAST + Long.BYTES;
  static final int LIST_BYTES = LEASES + Long.BYTES;

  static final int BEFORE = Rows.CONTENT;
  static final int AFTER = BEFORE + Long.BYTES;
  static final int LINK_BYTES = AFTER + Long.BYTES;

  static final int BLOCK_KEY_LABEL = Integer.BYTES;

  static final int UNTIL = Rows.CONTENT;
  static final int NUMBER = UNTIL + Long.BYTES;
  static final int BLOCK_BYTES = NUMBER + Long.BYTES;

  private LabelLayout() {}

  static void listKey(Bytes out, int tenant, byte[] from, int at, int length) {
    out.clear().addInt(tenant).addLong(0).add(from, at, length);
  }

  /** Makes the key of a list the key of one of its leases. */
  static Bytes of(Bytes listKey, long lease) {
    listKey.setLong(KEY_LEASE, lease);
    return listKey;
  }

  static void blockKey(Bytes out, int tenant, Span label) {
    out.clear().addInt(tenant);
    label.addTo(out);
  }
}
