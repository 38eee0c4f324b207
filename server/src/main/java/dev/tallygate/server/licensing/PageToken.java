package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.server.call.BadCall;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where the next page of a list begins. It gives no right that the request without it would not
 * have; its sum over list, tenant and filter only keeps a token from being used where it means
 * nothing.
 *
 * <pre>
 * text   the revision that the first page was read from, a dot, base64url of
 *
 *  0  u64  sum
 *  8  u64  lease id: the last one looked at in the pool; 0 where the pool is done
 * 16  u32  number of the entitlement: a retired one has the name of another
 * 20  u16  length of the entitlement's name
 * 22       entitlement and partition of the pool that the last page ended in
 * </pre>
 *
 * @param pinned position that the first page was read from
 * @param partition as bytes
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record PageToken(long pinned, String entitlement, int number, byte[] partition, long leaseId) {
  static final int BYTES_MAX = 1_024;
  private static final int SUM = 0;
  private static final int LEASE = SUM + Long.BYTES;
  private static final int NUMBER = LEASE + Long.BYTES;
  private static final int LENGTH = NUMBER + Integer.BYTES;
  private static final int NAMES = LENGTH + Short.BYTES;
  private static final String FIELD = "page_token";

  /** What a token belongs to. */
  static ContentHash query(String list, int tenant, String... filter) {
    ContentHash hash = new ContentHash().start(tenant);
    add(hash, list);
    for (String part : filter) add(hash, part);
    return hash;
  }

  private static void add(ContentHash hash, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    hash.add(utf8, 0, utf8.length);
  }

  String write(ClusterIds ids, ContentHash query) {
    byte[] name = entitlement.getBytes(StandardCharsets.UTF_8);
    Bytes cursor = new Bytes(NAMES + name.length + partition.length);
    cursor.addLong(sum(query)).addLong(leaseId).addInt(number).addShort(name.length);
    cursor.add(name, 0, name.length).add(partition, 0, partition.length);
    return ids.format(pinned)
        + "."
        + Base64.getUrlEncoder().withoutPadding().encodeToString(cursor.copy());
  }

  static PageToken read(String token, ClusterIds ids, ContentHash query) throws BadCall {
    FieldBounds.text(FIELD, token, 1, BYTES_MAX);
    int dot = token.indexOf('.');
    if (dot < 0) throw altered();
    long pinned = ids.read(FIELD, token.substring(0, dot));
    Bytes cursor = Bytes.of(decode(token.substring(dot + 1)));
    if (cursor.length() < NAMES) throw altered();
    int name = cursor.getShort(LENGTH);
    if (name > cursor.length() - NAMES) throw altered();
    PageToken read =
        new PageToken(
            pinned,
            cursor.utf8(NAMES, name),
            cursor.getInt(NUMBER),
            cursor.copy(NAMES + name, cursor.length() - NAMES - name),
            cursor.getLong(LEASE));
    if (cursor.getLong(SUM) != read.sum(query)) throw altered();
    return read;
  }

  private static byte[] decode(String base64) throws Malformed {
    try {
      return Base64.getUrlDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw altered();
    }
  }

  private long sum(ContentHash query) {
    ContentHash hash = new ContentHash().start(query.high()).add(pinned).add(leaseId).add(number);
    add(hash, entitlement);
    return hash.add(partition, 0, partition.length).low();
  }

  private static Malformed altered() {
    return new Malformed(FIELD, "was altered, or belongs to another filter");
  }
}
