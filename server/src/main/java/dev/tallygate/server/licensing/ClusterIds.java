package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.WireWriter;
import dev.tallygate.server.call.BadCall;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * The strings that name leases, tokens and revisions to callers: the cluster's tag, a hyphen and
 * the number, for example {@code 7k2vq0p-00000000001a8}. The tag is seven digits of base 32 out of
 * the cluster's id; the number has thirteen, so strings of one cluster sort as their numbers do.
 * Digits are Crockford's, in lower case: without i, l, o and u.
 */
public final class ClusterIds {
  private static final byte[] DIGITS =
      "0123456789abcdefghjkmnpqrstvwxyz".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] VALUES = values();
  private static final int BITS = 5;
  private static final int TAG_LENGTH = 7;
  private static final int NUMBER_LENGTH = (Long.SIZE + BITS - 1) / BITS;

  /** Bytes of every string. */
  static final int LENGTH = TAG_LENGTH + 1 + NUMBER_LENGTH;

  static {
    if (LENGTH > Limits.ID_BYTES_MAX) throw new AssertionError("an id is longer than its bound");
  }

  private final byte[] prefix = new byte[TAG_LENGTH + 1];

  public ClusterIds(UUID clusterId) {
    long seed = clusterId.getMostSignificantBits() * 31 + clusterId.getLeastSignificantBits();
    long mixed = new ContentHash().start(0).add(seed).high();
    for (int i = 0; i < TAG_LENGTH; i++) prefix[i] = DIGITS[(int) (mixed >>> i * BITS) & 31];
    prefix[TAG_LENGTH] = '-';
  }

  public String format(long number) {
    Bytes out = new Bytes(LENGTH);
    write(out, number);
    return new String(out.array(), 0, LENGTH, StandardCharsets.US_ASCII);
  }

  /** Appends the string as a field. */
  void field(Bytes out, int field, long number) {
    WireWriter.enter(out, field, LENGTH);
    write(out, number);
  }

  private void write(Bytes out, long number) {
    int at = out.length();
    out.length(at + LENGTH);
    byte[] array = out.array();
    System.arraycopy(prefix, 0, array, at, prefix.length);
    long rest = number;
    for (int i = at + LENGTH - 1; i > at + TAG_LENGTH; i--) {
      array[i] = DIGITS[(int) rest & 31];
      rest >>>= BITS;
    }
  }

  /** Reads a string that {@link #format} made: each number has exactly one. */
  long parse(String field, Text id) throws Malformed, ForeignId {
    FieldBounds.bytes(field, id, 1, Limits.ID_BYTES_MAX);
    if (id.length != LENGTH || id.array[id.offset + TAG_LENGTH] != '-')
      throw new Malformed(field, "is not an id that a cluster gave out");
    long number = 0;
    for (int i = 0; i < LENGTH; i++) {
      if (i == TAG_LENGTH) continue;
      int value = VALUES[id.array[id.offset + i] & 0xFF];
      if (value < 0 || (i == TAG_LENGTH + 1 && value > 15))
        throw new Malformed(field, "is not an id that a cluster gave out");
      if (i > TAG_LENGTH) number = number << BITS | value;
    }
    if (!Arrays.equals(prefix, 0, TAG_LENGTH, id.array, id.offset, id.offset + TAG_LENGTH))
      throw new ForeignId(field);
    return number;
  }

  /**
   * Reads a string that {@link #format} made.
   *
   * @throws BadCall where it is none, or one of another cluster
   */
  public long read(String field, String id) throws BadCall {
    byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
    Text text = new Text();
    text.set(bytes, 0, bytes.length);
    return parse(field, text);
  }

  private static byte[] values() {
    byte[] values = new byte[256];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < DIGITS.length; i++) values[DIGITS[i]] = (byte) i;
    return values;
  }
}
