package dev.tallygate.loadtest.drive;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;

/**
 * The bytes of an {@code AllocateRequest}, canonical protobuf: request_id, issued_at and attempt
 * are written anew for each call, all that follows is built once.
 *
 * <pre>
 *   12 24 [36 of request_id]  1a LEN 08 [seconds] 10 [nanos]  20 01  [subject, entitlements, session]
 * </pre>
 */
public final class AllocateTemplate {
  private static final int ID_CHARS = 36;
  private static final int NANOS_PER_MS = 1_000_000;

  private AllocateTemplate() {}

  /** The part that stays: a holder of an account asks for one unit. */
  public static byte[] tail(String entitlement, String subject, String account, String session) {
    Value value = Value.newBuilder().setStringValue(account).build();
    return AllocateRequest.newBuilder()
        .setSubject(
            Subject.newBuilder().setType("user").setId(subject).putProperties("account", value))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(1))
        .setSession(session)
        .build()
        .toByteArray();
  }

  /** Writes a first attempt issued at {@code nowMs} (since 1970) and returns its length. */
  public static int write(byte[] bytes, long idHigh, long idLow, long nowMs, byte[] tail) {
    long seconds = nowMs / 1000;
    int nanos = (int) (nowMs % 1000) * NANOS_PER_MS;
    int at = 0;
    bytes[at++] = (byte) Wire.tag(AllocateRequest.REQUEST_ID_FIELD_NUMBER, Wire.LENGTH_DELIMITED);
    bytes[at++] = ID_CHARS;
    at = Wire.uuid(bytes, at, idHigh, idLow);
    bytes[at++] = (byte) Wire.tag(AllocateRequest.ISSUED_AT_FIELD_NUMBER, Wire.LENGTH_DELIMITED);
    int nanosBytes = nanos == 0 ? 0 : 1 + Wire.varintBytes(nanos);
    bytes[at++] = (byte) (1 + Wire.varintBytes(seconds) + nanosBytes);
    bytes[at++] = (byte) Wire.tag(1, Wire.VARINT);
    at = Wire.varint(bytes, at, seconds);
    if (nanos != 0) {
      bytes[at++] = (byte) Wire.tag(2, Wire.VARINT);
      at = Wire.varint(bytes, at, nanos);
    }
    bytes[at++] = (byte) Wire.tag(AllocateRequest.ATTEMPT_FIELD_NUMBER, Wire.VARINT);
    bytes[at++] = 1;
    System.arraycopy(tail, 0, bytes, at, tail.length);
    return at + tail.length;
  }
}
