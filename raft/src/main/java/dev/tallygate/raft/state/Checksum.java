package dev.tallygate.raft.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A 64-bit checksum of a row, and the hash that the digest sums up. Good at telling flipped bits
 * and diverged replicas apart; not cryptographic: the ledger's chain is SHA-256.
 *
 * <p>Eight bytes a step, each multiplied 64x64 to 128 bits and folded, seeded with table and
 * length, so that equal bytes in another table or a zero-padded tail do not collide. The result is
 * part of the format: golden values guard it.
 */
public final class Checksum {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long K0 = 0x9E3779B97F4A7C15L;
  private static final long K1 = 0xD6E8FEB86659FD93L;

  private Checksum() {}

  public static long of(long seed, byte[] bytes, int offset, int count) {
    long hash = mix(seed ^ K0, count ^ K1);
    int at = offset;
    int end = offset + count;
    for (; at + Long.BYTES <= end; at += Long.BYTES)
      hash = mix(hash ^ (long) LONGS.get(bytes, at), K1);
    if (at < end) {
      long tail = 0;
      for (int shift = 0; at < end; at++, shift += Byte.SIZE) tail |= (bytes[at] & 0xFFL) << shift;
      hash = mix(hash ^ tail, K0);
    }
    return hash;
  }

  /** Folds one more number in. */
  public static long mix(long a, long b) {
    long low = a * b;
    long high = Math.unsignedMultiplyHigh(a, b);
    // Adding the operands keeps a zero factor from wiping out what came before it.
    return (low ^ high) + Long.rotateLeft(a, 23) + b;
  }
}
