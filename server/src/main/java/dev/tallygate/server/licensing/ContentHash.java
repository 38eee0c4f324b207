package dev.tallygate.server.licensing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * 128 bits over what a caller asked for, so that another question under the same request id is
 * noticed. Two lanes of multiply and rotate; not a cryptographic hash. What is hashed, and in which
 * order, is part of the format for as long as a request id lives: ten minutes, so that a cluster
 * may change it between two releases only by a higher feature level.
 */
final class ContentHash {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long PRIME_HIGH = 0x9E37_79B9_7F4A_7C15L;
  private static final long PRIME_LOW = 0xC2B2_AE3D_27D4_EB4FL;

  private long high;
  private long low;

  ContentHash start(long seed) {
    high = seed ^ PRIME_HIGH;
    low = seed + PRIME_LOW;
    return this;
  }

  ContentHash add(long value) {
    high = Long.rotateLeft((high ^ value) * PRIME_HIGH, 29);
    low = Long.rotateLeft((low + value) * PRIME_LOW, 31);
    return this;
  }

  /** Adds length and content, so that neighbours cannot trade bytes. */
  ContentHash add(byte[] bytes, int offset, int length) {
    add(length);
    int at = offset;
    int end = offset + length;
    for (; end - at >= Long.BYTES; at += Long.BYTES) add((long) LONGS.get(bytes, at));
    if (at == end) return this;
    long rest = 0;
    for (int shift = 0; at < end; at++, shift += Byte.SIZE) rest |= (bytes[at] & 0xFFL) << shift;
    return add(rest);
  }

  ContentHash add(Text text) {
    return add(text.array, text.offset, text.length);
  }

  ContentHash add(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return add(utf8, 0, utf8.length);
  }

  long high() {
    return mix(high ^ Long.rotateLeft(low, 17));
  }

  long low() {
    return mix(low + Long.rotateLeft(high, 41));
  }

  private static long mix(long value) {
    long hash = (value ^ value >>> 32) * 0xD6E8_FEB8_6659_FD93L;
    hash = (hash ^ hash >>> 32) * 0xD6E8_FEB8_6659_FD93L;
    return hash ^ hash >>> 32;
  }
}
