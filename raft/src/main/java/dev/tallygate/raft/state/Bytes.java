package dev.tallygate.raft.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growable run of bytes that is filled again and again: a key, a row, a record. Little-endian.
 * Not thread-safe; whoever owns it may hand it to a {@link Table}, which copies.
 */
public final class Bytes implements Comparable<Bytes> {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] array;
  private int length;

  public Bytes(int capacity) {
    array = new byte[capacity];
  }

  /** Wraps an array without copying it; the whole of it is content. */
  public static Bytes of(byte[] content) {
    Bytes bytes = new Bytes(0);
    bytes.array = content;
    bytes.length = content.length;
    return bytes;
  }

  public static Bytes ofUtf8(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The backing array; valid up to {@link #length}, and only until the next growth. */
  public byte[] array() {
    return array;
  }

  public int length() {
    return length;
  }

  /**
   * Makes room for {@code newLength} bytes and sets the length; what was there stays, what is new
   * is undefined.
   */
  public Bytes length(int newLength) {
    ensure(newLength);
    length = newLength;
    return this;
  }

  public Bytes clear() {
    length = 0;
    return this;
  }

  public long getLong(int offset) {
    return (long) LONGS.get(array, offset);
  }

  public int getInt(int offset) {
    return (int) INTS.get(array, offset);
  }

  public int getShort(int offset) {
    return (short) SHORTS.get(array, offset) & 0xFFFF;
  }

  public int getByte(int offset) {
    return array[offset] & 0xFF;
  }

  public void setLong(int offset, long value) {
    LONGS.set(array, offset, value);
  }

  public void setInt(int offset, int value) {
    INTS.set(array, offset, value);
  }

  public void setShort(int offset, int value) {
    SHORTS.set(array, offset, (short) value);
  }

  public void setByte(int offset, int value) {
    array[offset] = (byte) value;
  }

  public Bytes addLong(long value) {
    int at = grow(Long.BYTES);
    LONGS.set(array, at, value);
    return this;
  }

  public Bytes addInt(int value) {
    int at = grow(Integer.BYTES);
    INTS.set(array, at, value);
    return this;
  }

  public Bytes addShort(int value) {
    int at = grow(Short.BYTES);
    SHORTS.set(array, at, (short) value);
    return this;
  }

  public Bytes addByte(int value) {
    int at = grow(1);
    array[at] = (byte) value;
    return this;
  }

  public Bytes add(byte[] source, int offset, int count) {
    int at = grow(count);
    System.arraycopy(source, offset, array, at, count);
    return this;
  }

  public Bytes add(Bytes source) {
    return add(source.array, 0, source.length);
  }

  /** Replaces the content. */
  public Bytes set(byte[] source, int offset, int count) {
    length = 0;
    return add(source, offset, count);
  }

  public Bytes set(Bytes source) {
    return set(source.array, 0, source.length);
  }

  public byte[] copy() {
    return Arrays.copyOf(array, length);
  }

  public byte[] copy(int offset, int count) {
    return Arrays.copyOfRange(array, offset, offset + count);
  }

  public String utf8(int offset, int count) {
    return new String(array, offset, count, StandardCharsets.UTF_8);
  }

  /**
   * As bytes, unsigned: the order of ids everywhere. A hash map of keys that callers chose for one
   * hash becomes a tree by it.
   */
  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(array, 0, length, other.array, 0, other.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that
        && Arrays.equals(array, 0, length, that.array, 0, that.length);
  }

  @Override
  public int hashCode() {
    return (int) Checksum.of(0, array, 0, length);
  }

  private int grow(int count) {
    int at = length;
    ensure(at + count);
    length = at + count;
    return at;
  }

  private void ensure(int capacity) {
    if (capacity > array.length)
      array = Arrays.copyOf(array, Math.max(capacity, Math.max(16, array.length * 2)));
  }
}
