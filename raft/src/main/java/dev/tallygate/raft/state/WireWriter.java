package dev.tallygate.raft.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Writes protobuf's wire format. Fields at their default are left out, as proto3's canonical
 * encoders do.
 */
public final class WireWriter {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private WireWriter() {}

  static long getLong(byte[] bytes, int offset) {
    return (long) LONGS.get(bytes, offset);
  }

  public static void int32(Bytes out, int field, int value) {
    int64(out, field, value);
  }

  public static void int64(Bytes out, int field, long value) {
    if (value == 0) return;
    varint(out, (long) field << 3);
    varint(out, value);
  }

  public static void bool(Bytes out, int field, boolean value) {
    int64(out, field, value ? 1 : 0);
  }

  public static void fixed64(Bytes out, int field, long value) {
    if (value == 0) return;
    varint(out, (long) field << 3 | 1);
    out.addLong(value);
  }

  public static void span(Bytes out, int field, Span value) {
    if (value.isEmpty()) return;
    enter(out, field, value.length());
    value.addTo(out);
  }

  public static void bytes(Bytes out, int field, byte[] value) {
    if (value.length == 0) return;
    enter(out, field, value.length);
    out.add(value, 0, value.length);
  }

  public static void bytes(Bytes out, int field, byte[] source, int offset, int count) {
    if (count == 0) return;
    enter(out, field, count);
    out.add(source, offset, count);
  }

  /** Opens a message of a length that is known. */
  public static void enter(Bytes out, int field, int length) {
    varint(out, (long) field << 3 | 2);
    varint(out, length);
  }

  /** Size of a field with a number below 16. */
  public static int int64Size(long value) {
    return value == 0 ? 0 : 1 + varintSize(value);
  }

  /** Size of a field with a number below 16. */
  public static int fixed64Size(long value) {
    return value == 0 ? 0 : 1 + Long.BYTES;
  }

  /** Size of a field with a number below 16. */
  public static int lengthDelimitedSize(int length) {
    return length == 0 ? 0 : 1 + varintSize(length) + length;
  }

  public static int varintSize(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
  }

  public static void varint(Bytes out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.addByte((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.addByte((int) rest);
  }
}
