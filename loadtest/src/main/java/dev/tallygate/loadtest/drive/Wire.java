package dev.tallygate.loadtest.drive;

/** The few pieces of the protobuf wire format that the generator writes and reads itself. */
final class Wire {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH_DELIMITED = 2;
  static final int FIXED32 = 5;
  static final long ABSENT = -1;

  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private Wire() {}

  static int tag(int field, int type) {
    return field << 3 | type;
  }

  /** Writes at {@code at} and returns the position behind. */
  static int varint(byte[] bytes, int at, long value) {
    long left = value;
    int next = at;
    while ((left & ~0x7fL) != 0) {
      bytes[next++] = (byte) ((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    bytes[next++] = (byte) left;
    return next;
  }

  static int varintBytes(long value) {
    return (Long.SIZE + 6 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  /** Writes 36 characters: a random UUID of version 4, variant 2 (RFC 9562 §5.4). */
  static int uuid(byte[] bytes, int at, long randomHigh, long randomLow) {
    long high = (randomHigh & ~0xf000L) | 0x4000L;
    long low = (randomLow & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
    int next = hex(bytes, at, high, 60, 32);
    bytes[next++] = '-';
    next = hex(bytes, next, high, 28, 16);
    bytes[next++] = '-';
    next = hex(bytes, next, high, 12, 0);
    bytes[next++] = '-';
    next = hex(bytes, next, low, 60, 48);
    bytes[next++] = '-';
    return hex(bytes, next, low, 44, 0);
  }

  private static int hex(byte[] bytes, int at, long value, int fromShift, int toShift) {
    int next = at;
    for (int shift = fromShift; shift >= toShift; shift -= 4) {
      bytes[next++] = HEX[(int) (value >>> shift) & 0xf];
    }
    return next;
  }

  /**
   * Finds a field among the top-level ones of a message.
   *
   * @return the {@link #begin} and {@link #end} of its value (without the length that stands before
   *     it), or {@link #ABSENT}, also where the bytes are no message
   */
  static long find(byte[] bytes, int from, int to, int field) {
    int at = from;
    while (at >= 0 && at < to) {
      long tag = readVarint(bytes, at, to);
      at = skipVarint(bytes, at, to);
      if (at < 0) return ABSENT;
      int type = (int) tag & 7;
      int end = skip(bytes, at, to, type);
      if (end < 0 || end > to) return ABSENT;
      if (tag >>> 3 == field) {
        int begin = type == LENGTH_DELIMITED ? skipVarint(bytes, at, to) : at;
        return (long) begin << Integer.SIZE | end;
      }
      at = end;
    }
    return ABSENT;
  }

  static int begin(long span) {
    return (int) (span >>> Integer.SIZE);
  }

  static int end(long span) {
    return (int) span;
  }

  private static int skip(byte[] bytes, int at, int to, int type) {
    return switch (type) {
      case VARINT -> skipVarint(bytes, at, to);
      case FIXED64 -> at + Long.BYTES;
      case FIXED32 -> at + Integer.BYTES;
      case LENGTH_DELIMITED -> {
        long length = readVarint(bytes, at, to);
        int begin = skipVarint(bytes, at, to);
        yield begin < 0 || length < 0 || length > to - begin ? -1 : begin + (int) length;
      }
      default -> -1;
    };
  }

  static long readVarint(byte[] bytes, int at, int to) {
    long value = 0;
    for (int next = at, shift = 0; next < to && shift < Long.SIZE; next++, shift += 7) {
      value |= (long) (bytes[next] & 0x7f) << shift;
      if (bytes[next] >= 0) return value;
    }
    return value;
  }

  private static int skipVarint(byte[] bytes, int at, int to) {
    for (int next = at; next < to; next++) {
      if (bytes[next] >= 0) return next + 1;
    }
    return -1;
  }
}
