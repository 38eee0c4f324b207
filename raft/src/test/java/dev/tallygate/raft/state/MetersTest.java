package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** Windows and holds. */
final class MetersTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right CALLS = Right.rolling("calls", 3, 40 * SECOND, 4);
  private static final Right DAILY = Right.calendar("daily", 3);

  private static void ended(EndReason why, long charged, Seen seen) {
    assertEquals(Outcome.Status.ENDED, seen.status());
    assertEquals(why, seen.end());
    assertEquals(charged, seen.charged());
  }

  @Test
  void rolling_sliceLeavesWhenItsNewestUnitIsOutOfTheWindow() {
    Scene scene = Scene.of(CALLS);
    scene.pass(9 * SECOND);
    scene.take("calls").go();
    scene.pass(2 * SECOND);
    scene.take("calls").go();
    // The first slice covers 0 to 10 s, so that it leaves at 50 s, and the second at 60 s.
    scene.pass(39 * SECOND - 1);
    assertEquals(new Seen.Numbers(3, 0, 1, 0, 0, 0, 2), scene.pool("calls"));
    scene.pass(1);
    assertEquals(new Seen.Numbers(3, 0, 2, 0, 0, 0, 1), scene.pool("calls"));
    scene.pass(10 * SECOND);
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("calls"));
  }

  @Test
  void rolling_outageMovesNothing_spentWindowStaysSpent() {
    Scene scene = Scene.of(CALLS);
    scene.take("calls").units(3).go();
    scene.time += 3600 * SECOND;
    scene.term++;
    scene.apply();
    assertEquals(new Seen.Numbers(3, 0, 0, 0, 0, 0, 3), scene.pool("calls"));
  }

  @Test
  void calendar_windowEnds_allComesBackAtThatInstant() {
    Scene scene = Scene.of(DAILY);
    scene.pass(5 * SECOND);
    scene.take("daily").units(3).go();
    scene.pass(55 * SECOND - 1);
    assertEquals(new Seen.Numbers(3, 0, 0, 0, 0, 0, 3), scene.pool("daily"));
    scene.pass(1);
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("daily"));
    assertEquals(Outcome.Status.GRANTED, scene.take("daily").units(3).go().status());
  }

  @Test
  void calendar_proposersWindowOverlapsTheRunningOne_runningOneGoesOn() {
    Scene scene = Scene.of(DAILY);
    scene.take("daily").units(3).go();
    scene.pass(20 * SECOND);
    Seen seen = scene.take("daily").window(scene.wall() - 5 * SECOND).go();
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen.refusal());
  }

  @Test
  void commit_part_chargesItAndGivesBackTheRest() {
    Scene scene = Scene.of(CALLS);
    Seen hold = scene.take("calls").units(3).hold().go();
    ended(EndReason.END_REASON_COMMITTED, 1, scene.commit(hold, 1));
    assertEquals(new Seen.Numbers(3, 0, 2, 0, 0, 0, 1), scene.pool("calls"));
    ended(EndReason.END_REASON_COMMITTED, 1, scene.commit(hold, 3));
    ended(EndReason.END_REASON_COMMITTED, 1, scene.cancel(hold));
    assertEquals(new Seen.Numbers(3, 0, 2, 0, 0, 0, 1), scene.pool("calls"));
  }

  @Test
  void commit_moreThanHeld_isUnitsDiffer() {
    Scene scene = Scene.of(CALLS);
    Seen hold = scene.take("calls").hold().go();
    assertEquals(RefusalReason.REFUSAL_REASON_UNITS_DIFFER, scene.commit(hold, 2).refusal());
    assertEquals(RefusalReason.REFUSAL_REASON_UNITS_DIFFER, scene.commit(hold, -1).refusal());
  }

  @Test
  void cancel_givesAllBack() {
    Scene scene = Scene.of(CALLS);
    Call.Take take = scene.take("calls").units(2).hold().call();
    Seen hold = scene.one(take);
    ended(EndReason.END_REASON_CANCELLED, 0, scene.cancel(hold));
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("calls"));
    ended(EndReason.END_REASON_CANCELLED, 0, scene.one(take));
  }

  @Test
  void hold_ttlOver_isChargedInFull() {
    Scene scene = Scene.of(CALLS);
    Call.Take take = scene.take("calls").units(2).hold().call();
    Seen hold = scene.one(take);
    scene.pass(15 * SECOND - 1);
    assertEquals(new Seen.Numbers(3, 0, 1, 0, 2, 0, 0), scene.pool("calls"));
    scene.pass(1);
    assertEquals(new Seen.Numbers(3, 0, 1, 0, 0, 0, 2), scene.pool("calls"));
    ended(EndReason.END_REASON_HOLD_EXPIRED, 2, scene.commit(hold, 1));
    ended(EndReason.END_REASON_HOLD_EXPIRED, 2, scene.one(take));
  }

  @Test
  void hold_ttlOverWhereDeclared_isGivenBack() {
    Scene scene = Scene.of(CALLS.holds(15 * SECOND, true));
    Seen hold = scene.take("calls").units(2).hold().go();
    scene.pass(15 * SECOND);
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("calls"));
    ended(EndReason.END_REASON_HOLD_EXPIRED, 0, scene.commit(hold, 1));
  }

  @Test
  void hold_settledInALaterSlice_countsFromTheSettlement() {
    Scene scene = Scene.of(CALLS.holds(40 * SECOND, false));
    Seen hold = scene.take("calls").hold().go();
    scene.pass(35 * SECOND);
    scene.commit(hold, 1);
    scene.pass(45 * SECOND - 1);
    assertEquals(new Seen.Numbers(3, 0, 2, 0, 0, 0, 1), scene.pool("calls"));
    scene.pass(1);
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("calls"));
  }

  @Test
  void calendarHold_committedAfterTheEdge_chargesTheOldWindowInTheLedgerOnly() {
    Scene scene = Scene.of(DAILY.holds(50 * SECOND, false));
    scene.pass(30 * SECOND);
    Seen hold = scene.take("daily").units(2).hold().go();
    scene.pass(30 * SECOND);
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("daily"));
    scene.take("daily").go();
    ended(EndReason.END_REASON_COMMITTED, 2, scene.commit(hold, 2));
    assertEquals(new Seen.Numbers(3, 0, 2, 0, 0, 0, 1), scene.pool("daily"));
  }

  @Test
  void calendarHold_endsAfterItsPoolIsDropped_asWasDeclared() {
    Scene scene = Scene.of(Right.calendar("teams", 3).partitions(2).holds(200 * SECOND, true));
    Seen hold = scene.take("teams").partition("a").hold().go();
    scene.pass(140 * SECOND);
    assertNull(scene.pool("teams", "a"));
    scene.pass(60 * SECOND);
    ended(EndReason.END_REASON_HOLD_EXPIRED, 0, scene.commit(hold, 1));
  }

  @Test
  void hold_revoked_givesAllBack() {
    Scene scene = Scene.of(CALLS);
    Seen hold = scene.take("calls").units(2).hold().go();
    ended(EndReason.END_REASON_REVOKED, 0, scene.revoke(hold));
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("calls"));
    ended(EndReason.END_REASON_REVOKED, 0, scene.commit(hold, 1));
    ended(EndReason.END_REASON_REVOKED, 0, scene.revoke(hold));
  }

  @Test
  void settledHold_outcomeIsKeptTenMinutesThenForgotten() {
    Scene scene = Scene.of(CALLS);
    Seen hold = scene.take("calls").hold().go();
    scene.commit(hold, 1);
    scene.pass(600 * SECOND - 1);
    ended(EndReason.END_REASON_COMMITTED, 1, scene.commit(hold, 1));
    scene.pass(1);
    ended(EndReason.END_REASON_FORGOTTEN, 0, scene.commit(hold, 1));
  }

  @Test
  void repeat_holdForgottenButIdRemembered_stillSaysWhatBecameOfIt() {
    Scene scene = Scene.of(CALLS);
    Call.Take take = scene.take("calls").issued(scene.wall() + 30 * SECOND).hold().call();
    Seen hold = scene.one(take);
    scene.commit(hold, 1);
    scene.pass(610 * SECOND);
    Seen again = scene.one(take);
    ended(EndReason.END_REASON_COMMITTED, 1, again);
    assertTrue(again.repeated());
  }
}
