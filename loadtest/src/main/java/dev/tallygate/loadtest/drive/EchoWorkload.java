package dev.tallygate.loadtest.drive;

import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.SplittableRandom;

/** A hundred bytes there and back: what gRPC alone costs, the ceiling of every other rate. */
public final class EchoWorkload implements Workload {
  public static final String METHOD = "tallygate.loadtest.Echo/Unary";
  static final int BYTES = 100;
  private static final Reply DONE = new Reply("done", true);
  private static final Reply OTHER_LENGTH = new Reply("other length", false);

  private final MethodDescriptor<Payload, Reply> method =
      RawMethod.unary(METHOD, (bytes, length) -> length == BYTES ? DONE : OTHER_LENGTH);

  @Override
  public MethodDescriptor<Payload, Reply> method() {
    return method;
  }

  @Override
  public void write(Payload payload, SplittableRandom random) {
    Arrays.fill(payload.bytes(), 0, BYTES, (byte) random.nextInt(128));
    payload.ready(BYTES);
  }
}
