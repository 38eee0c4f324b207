package dev.tallygate.server.licensing;

/**
 * Reads protobuf's wire format as its own parsers do: unknown fields are stepped over, a known
 * field of another wire type is unknown, a repeated singular field is merged or replaced, lengths
 * and 32-bit numbers are the low bits of their varint. What protobuf refuses is {@link Malformed}
 * here, with the field that the parser was at. Reused from request to request by one thread.
 */
final class RequestReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int GROUP = 3;
  static final int GROUP_END = 4;
  static final int FIXED32 = 5;

  private byte[] bytes = new byte[0];
  private int position;
  private int limit;
  private String at = "";

  /** Starts a request of the given name; its fields are named by {@link #at}. */
  void over(byte[] request, String name) {
    bytes = request;
    position = 0;
    limit = request.length;
    at = name;
  }

  /** Names the field that is read next, for errors. */
  void at(String field) {
    at = field;
  }

  int position() {
    return position;
  }

  /** The next tag, field number shifted by three and wire type; 0 at the end of the message. */
  int tag() throws Malformed {
    if (position >= limit) return 0;
    int tag = (int) varint();
    if (tag >>> 3 == 0) throw malformed("a tag has field number 0");
    return tag;
  }

  static int tag(int field, int wireType) {
    return field << 3 | wireType;
  }

  long varint() throws Malformed {
    byte[] from = bytes;
    if (position < limit && from[position] >= 0) return from[position++];
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (position >= limit) throw malformed("is cut short");
      byte next = from[position++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) return value;
    }
    throw malformed("a number has more than ten bytes");
  }

  boolean bool() throws Malformed {
    return varint() != 0;
  }

  /** Reads a length and returns it; the bytes follow at {@link #position}. */
  int length() throws Malformed {
    int length = (int) varint();
    if (length < 0) throw malformed("has a negative length");
    if (length > limit - position) throw malformed("is cut short");
    return length;
  }

  /** Reads text and steps over it; returns its length, its bytes end at {@link #position}. */
  int text() throws Malformed {
    int length = length();
    if (!Utf8.valid(bytes, position, length)) throw malformed("is not UTF-8");
    position += length;
    return length;
  }

  /**
   * Steps over a message inside this one; returns its length, its bytes end at {@link #position}.
   */
  int message() throws Malformed {
    int length = length();
    position += length;
    return length;
  }

  /** Opens a message inside this one; returns what {@link #leave} needs. */
  int enter() throws Malformed {
    int length = length();
    int outer = limit;
    limit = position + length;
    return outer;
  }

  void leave(int outer) {
    limit = outer;
  }

  /** Steps over a field that this release does not know. */
  void skip(int tag) throws Malformed {
    skip(tag, 0);
  }

  private void skip(int tag, int depth) throws Malformed {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> step(Long.BYTES);
      case LENGTH -> step(length());
      case FIXED32 -> step(Integer.BYTES);
      case GROUP -> skipGroup(tag, depth);
      case GROUP_END -> throw malformed("a group ends that did not begin");
      default -> throw malformed("a tag has wire type " + (tag & 7));
    }
  }

  private void skipGroup(int tag, int depth) throws Malformed {
    if (depth >= Limits.NESTING_MAX)
      throw malformed("groups nest deeper than " + Limits.NESTING_MAX);
    int end = tag(tag >>> 3, GROUP_END);
    while (true) {
      int inner = tag();
      if (inner == 0) throw malformed("is cut short");
      if (inner == end) return;
      skip(inner, depth + 1);
    }
  }

  private void step(int count) throws Malformed {
    if (count > limit - position) throw malformed("is cut short");
    position += count;
  }

  Malformed malformed(String problem) {
    return new Malformed(at, problem);
  }
}
