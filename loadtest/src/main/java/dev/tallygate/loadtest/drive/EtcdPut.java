package dev.tallygate.loadtest.drive;

import io.grpc.MethodDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * One etcd Put of a 100-byte value per call, over 10,000 keys: {@code etcdserverpb.PutRequest{bytes
 * key = 1; bytes value = 2}}, written by hand so that no etcd stubs are needed.
 */
public final class EtcdPut implements Workload {
  static final int VALUE_BYTES = 100;
  static final int KEYS = 10_000;
  private static final int KEY_DIGITS = 5;
  private static final Reply DONE = new Reply("done", true);

  private final MethodDescriptor<Payload, Reply> method =
      RawMethod.unary("etcdserverpb.KV/Put", (bytes, length) -> DONE);

  @Override
  public MethodDescriptor<Payload, Reply> method() {
    return method;
  }

  @Override
  public void write(Payload payload, SplittableRandom random) {
    payload.ready(write(payload.bytes(), random.nextInt(KEYS), random));
  }

  static int write(byte[] bytes, int key, SplittableRandom random) {
    byte[] prefix = "loadtest/".getBytes(StandardCharsets.US_ASCII);
    int at = 0;
    bytes[at++] = (byte) Wire.tag(1, Wire.LENGTH_DELIMITED);
    bytes[at++] = (byte) (prefix.length + KEY_DIGITS);
    System.arraycopy(prefix, 0, bytes, at, prefix.length);
    at += prefix.length;
    for (int digit = KEY_DIGITS - 1, left = key; digit >= 0; digit--, left /= 10) {
      bytes[at + digit] = (byte) ('0' + left % 10);
    }
    at += KEY_DIGITS;
    bytes[at++] = (byte) Wire.tag(2, Wire.LENGTH_DELIMITED);
    bytes[at++] = VALUE_BYTES;
    Arrays.fill(bytes, at, at + VALUE_BYTES, (byte) ('a' + random.nextInt(26)));
    return at + VALUE_BYTES;
  }
}
