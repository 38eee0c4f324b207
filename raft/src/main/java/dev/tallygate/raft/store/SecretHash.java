package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * A hash under a secret: SipHash-1-3 (Aumasson and Bernstein 2012, with the rounds that Rust and
 * Python use for tables). Callers choose parts of keys; under a hash that they know they could
 * choose them all for one place of a table. It differs from node to node, so it is never part of
 * what is replicated. Immutable.
 */
final class SecretHash {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long k0;
  private final long k1;

  SecretHash(long k0, long k1) {
    this.k0 = k0;
    this.k1 = k1;
  }

  static SecretHash fresh() {
    SecureRandom chance = new SecureRandom();
    return new SecretHash(chance.nextLong(), chance.nextLong());
  }

  static SecretHash read(Bytes in, int offset) {
    return new SecretHash(in.getLong(offset), in.getLong(offset + Long.BYTES));
  }

  void writeTo(Bytes out) {
    out.addLong(k0).addLong(k1);
  }

  long of(Bytes key) {
    return of(key.array(), key.length());
  }

  private long of(byte[] bytes, int length) {
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;
    int at = 0;
    int rounds = length / Long.BYTES + 4;
    for (int round = 0; round < rounds; round++) {
      long word = 0;
      if (round < rounds - 3) {
        word = round == rounds - 4 ? tail(bytes, at, length) : (long) LONGS.get(bytes, at);
        at += Long.BYTES;
        v3 ^= word;
      } else if (round == rounds - 3) {
        v2 ^= 0xff;
      }
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
      v0 ^= word;
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  /** The last bytes, with the length in the upper byte. */
  private static long tail(byte[] bytes, int from, int length) {
    long word = (long) length << 56;
    for (int i = from; i < length; i++) word |= (bytes[i] & 0xFFL) << (i - from) * Byte.SIZE;
    return word;
  }
}
