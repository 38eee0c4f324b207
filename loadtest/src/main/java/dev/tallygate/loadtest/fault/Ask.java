package dev.tallygate.loadtest.fault;

import com.google.protobuf.Timestamp;
import dev.tallygate.loadtest.exact.Op;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * One wish for units under one request id; every attempt sends the same content.
 *
 * @param session empty for a meter
 * @param issuedNs the monotonic time of {@code issuedAt}
 */
record Ask(
    Op op,
    KillPools.Pool pool,
    String holder,
    String session,
    long units,
    String requestId,
    Instant issuedAt,
    long issuedNs) {
  static Ask fresh(
      Op op,
      KillPools.Pool pool,
      String holder,
      String session,
      long units,
      SplittableRandom random) {
    return new Ask(
        op,
        pool,
        holder,
        session,
        units,
        new UUID(random.nextLong(), random.nextLong()).toString(),
        Instant.now(),
        System.nanoTime());
  }

  /** What the oracle knows the session by. */
  String sessionName() {
    return session.isEmpty() ? "" : holder + "/" + session;
  }

  AllocateRequest request(int attempt) {
    return AllocateRequest.newBuilder()
        .setRequestId(requestId)
        .setIssuedAt(
            Timestamp.newBuilder()
                .setSeconds(issuedAt.getEpochSecond())
                .setNanos(issuedAt.getNano() / 1_000 * 1_000))
        .setAttempt(attempt)
        .setSubject(
            Subject.newBuilder()
                .setType("user")
                .setId(holder)
                .putProperties(
                    "account", Value.newBuilder().setStringValue(pool.account()).build()))
        .addEntitlements(
            EntitlementUnits.newBuilder().setEntitlement(pool.entitlement()).setUnits(units))
        .setSession(session)
        .setHold(op == Op.HOLD)
        .build();
  }
}
