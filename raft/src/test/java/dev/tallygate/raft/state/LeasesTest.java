package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Renew, Release, Revoke, resumption, and what time does to a lease. */
final class LeasesTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 2);
  private static final Right CALLS = Right.rolling("calls", 3, 40 * SECOND, 4);

  private static void refused(RefusalReason why, Seen seen) {
    assertEquals(Outcome.Status.REFUSED, seen.status());
    assertEquals(why, seen.refusal());
  }

  private static void ended(EndReason why, Seen seen) {
    assertEquals(Outcome.Status.ENDED, seen.status());
    assertEquals(why, seen.end());
  }

  @Test
  void lease_ttlAndGraceOver_expiresAtThatInstant() {
    Scene scene = Scene.of(SEATS);
    Call.Take take = scene.take("seats").call();
    scene.one(take);
    scene.pass(22 * SECOND - 1);
    assertEquals(new Seen.Numbers(2, 0, 1, 1, 0, 0, 0), scene.pool("seats"));
    scene.pass(1);
    assertEquals(new Seen.Numbers(2, 0, 2, 0, 0, 0, 0), scene.pool("seats"));
    ended(EndReason.END_REASON_EXPIRED, scene.one(take));
  }

  @Test
  void renew_inGrace_extendsFromNow() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").go();
    scene.pass(21 * SECOND);
    Seen renewed = scene.renew(lease);
    assertEquals(Outcome.Status.GRANTED, renewed.status());
    assertEquals(lease.token(), renewed.token());
    assertEquals(20 * SECOND, renewed.ttl());
    scene.pass(21 * SECOND);
    assertEquals(new Seen.Numbers(2, 0, 1, 1, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void renew_shorterThanPromised_keepsThePromise() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").ttl(50 * SECOND).go();
    assertEquals(50 * SECOND, scene.touch(Call.Verb.RENEW, lease, SECOND).ttl());
  }

  @Test
  void renew_olderToken_isFenced() {
    Scene scene = Scene.of(SEATS);
    Seen first = scene.take("seats").go();
    Seen second = scene.take("seats").go();
    assertTrue(second.resumed());
    assertEquals(first.leaseId(), second.leaseId());
    refused(RefusalReason.REFUSAL_REASON_FENCED, scene.renew(first));
    refused(RefusalReason.REFUSAL_REASON_FENCED, scene.release(first));
    assertEquals(Outcome.Status.GRANTED, scene.renew(second).status());
  }

  @Test
  void repeat_ofAResumption_saysAgainThatItResumed() {
    Scene scene = Scene.of(SEATS);
    scene.take("seats").go();
    Call.Take take = scene.take("seats").call();
    assertTrue(scene.one(take).resumed());
    assertTrue(scene.one(take).resumed());
  }

  @Test
  void touch_tokenOrLeaseNeverGiven_isNotFound() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").go();
    refused(
        RefusalReason.REFUSAL_REASON_NOT_FOUND,
        scene.touch(Call.Verb.RENEW, lease.leaseId(), lease.token() + 1, 0));
    refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, scene.touch(Call.Verb.RELEASE, 1000, 1000, 0));
    refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, scene.touch(Call.Verb.RELEASE, 0, 0, 0));
    refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, scene.one(new Call.Revoke(1, 1000, "", "")));
    refused(
        RefusalReason.REFUSAL_REASON_NOT_FOUND,
        scene.one(new Call.Touch(Call.Verb.RENEW, 7, 1, 1, 0)));
  }

  @Test
  void release_live_freesAtOnceAndSaysSoToRepeats() {
    Scene scene = Scene.of(SEATS);
    Call.Take take = scene.take("seats").call();
    Seen lease = scene.one(take);
    ended(EndReason.END_REASON_RELEASED, scene.release(lease));
    assertEquals(new Seen.Numbers(2, 0, 2, 0, 0, 0, 0), scene.pool("seats"));
    ended(EndReason.END_REASON_FORGOTTEN, scene.release(lease));
    ended(EndReason.END_REASON_RELEASED, scene.one(take));
  }

  @Test
  void release_withLinger_staysCountedUntilItIsOver() {
    Scene scene = Scene.of(SEATS.linger(8 * SECOND));
    Seen lease = scene.take("seats").go();
    ended(EndReason.END_REASON_RELEASED, scene.release(lease));
    ended(EndReason.END_REASON_RELEASED, scene.release(lease));
    ended(EndReason.END_REASON_RELEASED, scene.renew(lease));
    assertEquals(new Seen.Numbers(2, 0, 1, 0, 0, 1, 0), scene.pool("seats"));
    scene.pass(8 * SECOND);
    assertEquals(new Seen.Numbers(2, 0, 2, 0, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void allocate_lingeringSession_takesItsUnitsBackUnderANewToken() {
    Scene scene = Scene.of(Right.sessions("seats", 1).linger(8 * SECOND));
    Call.Take first = scene.take("seats").call();
    Seen lease = scene.one(first);
    scene.release(lease);
    Seen back = scene.take("seats").go();
    assertTrue(back.resumed());
    assertEquals(lease.leaseId(), back.leaseId());
    assertTrue(back.token() > lease.token());
    ended(EndReason.END_REASON_RELEASED, scene.one(first));
  }

  @Test
  void repeat_sessionResumedSince_isSuperseded() {
    Scene scene = Scene.of(SEATS);
    Call.Take first = scene.take("seats").call();
    scene.one(first);
    Seen second = scene.take("seats").go();
    ended(EndReason.END_REASON_SUPERSEDED, scene.one(first));
    scene.release(second);
    ended(EndReason.END_REASON_SUPERSEDED, scene.one(first));
  }

  @Test
  void revoke_live_endsItWhoeverHoldsIt() {
    Scene scene = Scene.of(SEATS);
    Call.Take take = scene.take("seats").call();
    Seen lease = scene.one(take);
    ended(EndReason.END_REASON_REVOKED, scene.revoke(lease));
    ended(EndReason.END_REASON_FORGOTTEN, scene.renew(lease));
    ended(EndReason.END_REASON_REVOKED, scene.one(take));
    assertEquals(new Seen.Numbers(2, 0, 2, 0, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void touch_callOfOtherModel_isWrongModel() {
    Scene scene = Scene.of(SEATS, CALLS);
    Seen lease = scene.take("seats").go();
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.commit(lease, 1));
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.cancel(lease));
    Seen hold = scene.take("calls").hold().go();
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.renew(hold));
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.release(hold));
  }

  @Test
  void sweepBehind_overdueLeaseTouched_endsAndIsNotRevived() {
    Scene scene = Scene.sweeping(1, SEATS);
    scene.take("seats").go();
    Seen second = scene.take("seats").session("t").go();
    scene.time += 20 * SECOND;
    scene.apply();
    scene.time += 20 * SECOND;
    List<Seen> seen =
        scene.apply(new Call.Touch(Call.Verb.RENEW, 1, second.leaseId(), second.token(), 0));
    ended(EndReason.END_REASON_EXPIRED, seen.getFirst());
    assertEquals(new Seen.Numbers(2, 0, 2, 0, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void lease_poisonedRow_isInternalThenSetAsideAndStaysCounted() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").go();
    Bytes key = new Bytes(16);
    Bytes row = new Bytes(256);
    LeaseLayout.key(key, 1, lease.leaseId());
    scene.tables.table(TableId.LEASES).get(key, row);
    row.setLong(LeaseLayout.POOL, 999);
    Rows.seal(TableId.LEASES, key, row);
    scene.tables.table(TableId.LEASES).put(key, row);
    assertEquals(Seen.internal(), scene.release(lease));
    assertEquals(1, scene.alarms.size());
    scene.pass(40 * SECOND);
    assertEquals(2, scene.alarms.size());
    assertEquals(new Seen.Numbers(2, 0, 1, 1, 0, 0, 0), scene.pool("seats"));
    scene.pass(40 * SECOND);
    assertEquals(2, scene.alarms.size());
  }

  @Test
  void lease_rowWithFlippedBit_throws() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").go();
    Bytes key = new Bytes(16);
    Bytes row = new Bytes(256);
    LeaseLayout.key(key, 1, lease.leaseId());
    scene.tables.table(TableId.LEASES).get(key, row);
    row.setByte(LeaseLayout.UNITS, row.getByte(LeaseLayout.UNITS) ^ 4);
    scene.tables.table(TableId.LEASES).put(key, row);
    org.junit.jupiter.api.Assertions.assertThrows(
        CorruptStateException.class, () -> scene.release(lease));
    org.junit.jupiter.api.Assertions.assertThrows(
        CorruptStateException.class, () -> Audit.run(scene.tables));
  }

  @Test
  void token_growsWithEveryGrantOfTheTenant() {
    Scene scene = Scene.of(SEATS, CALLS);
    long first = scene.take("seats").go().token();
    long second = scene.take("calls").go().token();
    long third = scene.take("seats").go().token();
    assertTrue(first < second && second < third);
    assertNotEquals(first, third);
  }
}
