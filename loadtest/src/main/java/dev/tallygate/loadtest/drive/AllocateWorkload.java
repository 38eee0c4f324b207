package dev.tallygate.loadtest.drive;

import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import io.grpc.MethodDescriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Allocations of one unit, each under a fresh id, spread evenly over tails; counts one outcome. */
public final class AllocateWorkload implements Workload {
  /** By number, which has gaps. */
  private static final Map<Long, Reply> REFUSED = new HashMap<>();

  private static final Reply UNSPECIFIED = new Reply("refused UNSPECIFIED", false);
  private static final Reply ENDED = new Reply("ended", false);
  private static final Reply NO_OUTCOME = new Reply("no outcome", false);

  static {
    for (RefusalReason reason : RefusalReason.values()) {
      if (reason == RefusalReason.UNRECOGNIZED) continue;
      String name = "refused " + reason.name().replace("REFUSAL_REASON_", "");
      REFUSED.put((long) reason.getNumber(), new Reply(name, false));
    }
  }

  private final byte[][] tails;
  private final Reply granted;
  private final Reply exhausted;
  private final MethodDescriptor<Payload, Reply> method;

  private AllocateWorkload(byte[][] tails, boolean countsGrants) {
    this.tails = tails;
    this.granted = new Reply("granted", countsGrants);
    this.exhausted = new Reply("refused EXHAUSTED", !countsGrants);
    this.method =
        RawMethod.unary(LicensingServiceGrpc.getAllocateMethod().getFullMethodName(), this::judge);
  }

  /** Counts grants, and nothing else. */
  public static AllocateWorkload grants(byte[][] tails) {
    return new AllocateWorkload(tails, true);
  }

  /** Counts refusals for want of units, and nothing else. */
  public static AllocateWorkload refusals(byte[][] tails) {
    return new AllocateWorkload(tails, false);
  }

  @Override
  public MethodDescriptor<Payload, Reply> method() {
    return method;
  }

  @Override
  public void write(Payload payload, SplittableRandom random) {
    byte[] tail = tails[random.nextInt(tails.length)];
    payload.ready(
        AllocateTemplate.write(
            payload.bytes(),
            random.nextLong(),
            random.nextLong(),
            System.currentTimeMillis(),
            tail));
  }

  Reply judge(byte[] bytes, int length) {
    if (has(bytes, length, AllocateResponse.GRANTED_FIELD_NUMBER)) return granted;
    long refusal = Wire.find(bytes, 0, length, AllocateResponse.REFUSED_FIELD_NUMBER);
    if (refusal != Wire.ABSENT) return refused(bytes, Wire.begin(refusal), Wire.end(refusal));
    return has(bytes, length, AllocateResponse.ENDED_FIELD_NUMBER) ? ENDED : NO_OUTCOME;
  }

  private static boolean has(byte[] bytes, int length, int field) {
    return Wire.find(bytes, 0, length, field) != Wire.ABSENT;
  }

  private Reply refused(byte[] bytes, int from, int to) {
    long span = Wire.find(bytes, from, to, Refusal.REASON_FIELD_NUMBER);
    long reason = span == Wire.ABSENT ? 0 : Wire.readVarint(bytes, Wire.begin(span), to);
    if (reason == RefusalReason.REFUSAL_REASON_EXHAUSTED_VALUE) return exhausted;
    Reply known = REFUSED.get(reason);
    return known != null ? known : UNSPECIFIED;
  }
}
