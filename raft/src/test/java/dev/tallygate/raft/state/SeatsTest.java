package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** named-user: who has a seat, for how long, and when it is free again. */
final class SeatsTest {
  private static final long SECOND = Scene.SECOND;
  private static final long DAY = 86_400 * SECOND;
  private static final Right SEATS = Right.seats("cad", 2);

  private static void refused(RefusalReason why, Seen seen) {
    assertEquals(Outcome.Status.REFUSED, seen.status());
    assertEquals(why, seen.refusal());
  }

  private static void ended(EndReason why, Seen seen) {
    assertEquals(Outcome.Status.ENDED, seen.status());
    assertEquals(why, seen.end());
  }

  private static Seen.Numbers counts(long limit, long free, long held, long cooling) {
    return new Seen.Numbers(limit, 0, free, held, 0, cooling, 0);
  }

  @Test
  void firstUse_seatFree_assignsIt() {
    Scene scene = Scene.of(SEATS);
    Seen seat = scene.take("cad").go();
    assertEquals(GrantKind.GRANT_KIND_SEAT_VALUE, seat.grantKind());
    assertFalse(seat.resumed());
    assertEquals(0, seat.ttl());
    assertEquals(counts(2, 1, 1, 0), scene.pool("cad"));
  }

  @Test
  void furtherUse_sameSubject_takesNoSecondSeatAndFencesNobody() {
    Scene scene = Scene.of(SEATS);
    Seen first = scene.take("cad").go();
    Seen second = scene.take("cad").go();
    assertTrue(second.resumed());
    assertEquals(first.leaseId(), second.leaseId());
    assertEquals(first.token(), second.token());
    assertEquals(counts(2, 1, 1, 0), scene.pool("cad"));
    assertEquals(Outcome.Status.GRANTED, scene.renew(first).status());
  }

  @Test
  void firstUse_everySeatAssigned_isExhausted() {
    Scene scene = Scene.of(SEATS);
    scene.take("cad").holder("ann").go();
    scene.take("cad").holder("bob").go();
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("cad").holder("cem").go());
    assertEquals(0, scene.retryAfter);
    assertTrue(scene.take("cad").holder("bob").go().resumed());
  }

  @Test
  void seat_yearsPass_staysItsHolders() {
    Scene scene = Scene.of(Right.seats("cad", 1));
    scene.take("cad").go();
    scene.pass(2 * DAY);
    assertEquals(counts(1, 0, 1, 0), scene.pool("cad"));
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("cad").holder("bob").go());
  }

  @Test
  void seat_moreThanOneUnit_isRefused() {
    Scene scene = Scene.of(SEATS);
    refused(RefusalReason.REFUSAL_REASON_UNITS_DIFFER, scene.take("cad").units(2).go());
    assertEquals(null, scene.pool("cad"));
  }

  @Test
  void seat_holdSessionKeyOrRelease_isWrongModel() {
    Scene scene = Scene.of(SEATS);
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.take("cad").hold().go());
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.take("cad").session("s").go());
    Seen seat = scene.take("cad").go();
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.release(seat));
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.commit(seat, 1));
    assertEquals(counts(2, 1, 1, 0), scene.pool("cad"));
  }

  @Test
  void assign_ofAnotherModel_isWrongModel() {
    Scene scene = Scene.of(Right.sessions("desk", 1));
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.take("desk").assign().go());
  }

  @Test
  void assignedOnly_firstUse_isRefusedUntilAnAdministratorAssigns() {
    Scene scene = Scene.of(SEATS.assigned());
    refused(RefusalReason.REFUSAL_REASON_NO_SEAT, scene.take("cad").go());
    assertEquals(Outcome.Status.GRANTED, scene.take("cad").assign().go().status());
    assertTrue(scene.take("cad").go().resumed());
    refused(RefusalReason.REFUSAL_REASON_NO_SEAT, scene.take("cad").holder("bob").go());
  }

  @Test
  void unassign_withoutCoolDown_freesAtOnce() {
    Scene scene = Scene.of(Right.seats("cad", 1));
    Call.Take take = scene.take("cad").call();
    Seen seat = scene.one(take);
    ended(EndReason.END_REASON_REVOKED, scene.revoke(seat));
    assertEquals(counts(1, 1, 0, 0), scene.pool("cad"));
    ended(EndReason.END_REASON_REVOKED, scene.one(take));
    assertFalse(scene.take("cad").holder("bob").go().resumed());
  }

  @Test
  void unassign_beforeTheCoolDownIsOver_freesAtItsEndAndNoSooner() {
    Scene scene = Scene.of(Right.seats("cad", 1).coolDown(100 * SECOND));
    Seen seat = scene.take("cad").go();
    scene.pass(30 * SECOND);
    ended(EndReason.END_REASON_REVOKED, scene.revoke(seat));
    ended(EndReason.END_REASON_REVOKED, scene.revoke(seat));
    assertEquals(counts(1, 0, 0, 1), scene.pool("cad"));
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("cad").holder("bob").go());
    assertTrue(scene.retryAfter > 0);
    scene.pass(70 * SECOND - 1);
    assertEquals(counts(1, 0, 0, 1), scene.pool("cad"));
    scene.pass(1);
    assertEquals(counts(1, 1, 0, 0), scene.pool("cad"));
  }

  @Test
  void use_whileItCoolsDown_takesTheSameSeatUnderANewToken() {
    Scene scene = Scene.of(Right.seats("cad", 1).coolDown(100 * SECOND));
    Seen seat = scene.take("cad").go();
    scene.revoke(seat);
    Seen again = scene.take("cad").go();
    assertTrue(again.resumed());
    assertEquals(seat.leaseId(), again.leaseId());
    assertTrue(again.token() > seat.token());
    refused(RefusalReason.REFUSAL_REASON_FENCED, scene.renew(seat));
    assertEquals(counts(1, 0, 1, 0), scene.pool("cad"));
  }

  @Test
  void use_afterAnAdministratorTookIt_whereTheyAloneAssign_isRefused() {
    Scene scene = Scene.of(SEATS.assigned().coolDown(100 * SECOND));
    Seen seat = scene.take("cad").assign().go();
    scene.revoke(seat);
    refused(RefusalReason.REFUSAL_REASON_NO_SEAT, scene.take("cad").go());
    assertEquals(counts(2, 1, 0, 1), scene.pool("cad"));
  }

  @Test
  void idle_forTooLong_isTakenBackAtThatInstant() {
    Scene scene = Scene.of(SEATS.idleAfter(60 * SECOND));
    Call.Take take = scene.take("cad").call();
    assertEquals(60 * SECOND, scene.one(take).ttl());
    scene.pass(60 * SECOND - 1);
    assertEquals(counts(2, 1, 1, 0), scene.pool("cad"));
    scene.pass(1);
    assertEquals(counts(2, 2, 0, 0), scene.pool("cad"));
    ended(EndReason.END_REASON_EXPIRED, scene.one(take));
  }

  @Test
  void idle_usedInBetween_countsFromTheLastUse() {
    Scene scene = Scene.of(SEATS.idleAfter(60 * SECOND));
    Seen seat = scene.take("cad").go();
    scene.pass(40 * SECOND);
    assertEquals(60 * SECOND, scene.renew(seat).ttl());
    scene.pass(40 * SECOND);
    scene.take("cad").go();
    scene.pass(59 * SECOND);
    assertEquals(counts(2, 1, 1, 0), scene.pool("cad"));
  }

  @Test
  void idle_withinTheCoolDown_coolsDownUntilItIsOver() {
    Scene scene = Scene.of(SEATS.idleAfter(20 * SECOND).coolDown(100 * SECOND));
    scene.take("cad").go();
    scene.pass(20 * SECOND);
    assertEquals(counts(2, 1, 0, 1), scene.pool("cad"));
    scene.pass(80 * SECOND);
    assertEquals(counts(2, 2, 0, 0), scene.pool("cad"));
  }

  @Test
  void idleAfter_givenByALaterCatalog_holdsForSeatsOfBeforeWithinAnHour() {
    Scene scene = Scene.of(SEATS);
    scene.take("cad").go();
    scene.catalog(SEATS.idleAfter(60 * SECOND));
    scene.pass(3_600 * SECOND);
    assertEquals(counts(2, 2, 0, 0), scene.pool("cad"));
  }

  @Test
  void repeat_ofAnEarlierUse_saysWhatBecameOfTheSeat() {
    Scene scene = Scene.of(SEATS);
    Call.Take first = scene.take("cad").call();
    Seen seat = scene.one(first);
    Call.Take second = scene.take("cad").call();
    scene.one(second);
    assertEquals(Outcome.Status.GRANTED, scene.one(first).status());
    assertTrue(scene.one(second).resumed());
    scene.revoke(seat);
    ended(EndReason.END_REASON_REVOKED, scene.one(second));
    ended(EndReason.END_REASON_FORGOTTEN, scene.one(first));
  }

  @Test
  void limit_cutBelowWhatIsAssigned_takesNoSeatAwayAndAssignsNoNewOne() {
    Scene scene = Scene.of(SEATS);
    Seen ann = scene.take("cad").holder("ann").go();
    scene.take("cad").holder("bob").go();
    scene.setLimit("cad", 1, 0);
    assertTrue(scene.take("cad").holder("bob").go().resumed());
    scene.revoke(ann);
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("cad").holder("cem").go());
  }
}
