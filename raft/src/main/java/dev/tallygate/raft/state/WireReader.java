package dev.tallygate.raft.state;

/**
 * Reads protobuf's wire format in place. For messages of our own log only: an unknown field, a
 * wrong wire type or a length past the end is corruption and throws {@link CorruptStateException}.
 */
public final class WireReader {
  private byte[] bytes = new byte[0];
  private int position;
  private int limit;
  private int wireType;
  private int field;

  public WireReader over(byte[] source, int offset, int count) {
    bytes = source;
    position = offset;
    limit = offset + count;
    return this;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int position() {
    return position;
  }

  public boolean atEnd() {
    return position >= limit;
  }

  /** Goes on at a position, which must not lie behind. */
  void jump(int to) {
    if (to < position || to > limit)
      throw new CorruptStateException("a field is longer than its message");
    position = to;
  }

  /** Reads a tag and returns its field number. */
  public int field() {
    long tag = varint();
    wireType = (int) (tag & 7);
    field = (int) (tag >>> 3);
    return field;
  }

  public int int32() {
    return (int) int64();
  }

  public long int64() {
    expect(0);
    return varint();
  }

  public boolean bool() {
    return int64() != 0;
  }

  public long fixed64() {
    expect(1);
    need(Long.BYTES);
    long value = WireWriter.getLong(bytes, position);
    position += Long.BYTES;
    return value;
  }

  /** Closes a message; whatever was read in it must have ended where it does. */
  void leave(int end) {
    if (position != end) throw new CorruptStateException("a field is longer than its message");
  }

  /** Opens a message and returns where it ends. */
  public int enter() {
    int count = lengthPrefix();
    return position + count;
  }

  /** Steps over a string or bytes field and points {@code span} at it. */
  public void span(Span span) {
    int count = lengthPrefix();
    span.set(bytes, position, count);
    position += count;
  }

  public CorruptStateException unknown(String message) {
    return new CorruptStateException(
        "unknown field " + field + " in " + message + ": written by a newer version");
  }

  private int lengthPrefix() {
    expect(2);
    long count = varint();
    if (count < 0 || count > limit - position)
      throw new CorruptStateException("length " + count + " reaches past the end");
    return (int) count;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      need(1);
      byte next = bytes[position++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) return value;
    }
    throw new CorruptStateException("varint of more than ten bytes");
  }

  private void expect(int type) {
    if (wireType != type)
      throw new CorruptStateException(
          "field " + field + " has wire type " + wireType + ", not " + type);
  }

  private void need(int count) {
    if (limit - position < count) throw new CorruptStateException("message is cut short");
  }
}
