package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** Several entitlements of one Allocate: all are granted or none is. */
final class TogetherTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 1);
  private static final Right CALLS = Right.rolling("calls", 2, 40 * SECOND, 4);
  private static final Right NAMED = Right.seats("named", 1);

  private static void granted(Seen seen, int parts) {
    assertEquals(Outcome.Status.GRANTED, seen.status());
    assertEquals(parts - 1, seen.more().size());
    for (Seen part : seen.more()) assertEquals(Outcome.Status.GRANTED, part.status());
  }

  private static Seen.Numbers held(long limit, long held) {
    return new Seen.Numbers(limit, 0, limit - held, held, 0, 0, 0);
  }

  private static Seen.Numbers used(long limit, long used) {
    return new Seen.Numbers(limit, 0, limit - used, 0, 0, 0, used);
  }

  @Test
  void take_allHaveUnits_areGrantedEachWithItsOwnToken() {
    Scene scene = Scene.of(SEATS, CALLS, NAMED);
    Seen seen = scene.take("seats").and("calls").and("named").go();
    granted(seen, 3);
    assertEquals(seen.token() + 1, seen.more().get(0).token());
    assertEquals(seen.token() + 2, seen.more().get(1).token());
    assertEquals(held(1, 1), scene.pool("seats"));
    assertEquals(used(2, 1), scene.pool("calls"));
    assertEquals(held(1, 1), scene.pool("named"));
  }

  @Test
  void take_oneExhausted_takesNothingAndSaysWhich() {
    Scene scene = Scene.of(SEATS, CALLS, NAMED);
    scene.take("named").holder("bob").go();
    Call.Take three = scene.take("seats").and("calls").and("named").call();
    Seen seen = scene.one(three);
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen.refusal());
    assertEquals(held(1, 1), seen.pool());
    assertEquals(2, scene.refusedPart);
    assertNull(scene.pool("seats"));
    assertNull(scene.pool("calls"));
    Seen again = scene.one(three);
    assertTrue(again.repeated());
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, again.refusal());
    assertEquals(2, scene.refusedPart);
  }

  @Test
  void take_oneThatIsNotThere_takesNothing() {
    Scene scene = Scene.of(SEATS);
    Seen seen = scene.one(scene.take("seats").and("seats", 99).call());
    assertEquals(RefusalReason.REFUSAL_REASON_NOT_FOUND, seen.refusal());
    assertNull(scene.pool("seats"));
  }

  @Test
  void repeat_answersEveryGrantAndWhichOfThemAreOver() {
    Scene scene = Scene.of(SEATS, CALLS, NAMED);
    Call.Take three = scene.take("seats").and("calls").and("named").call();
    Seen first = scene.one(three);
    Seen again = scene.one(three);
    granted(again, 3);
    assertEquals(first.more().get(1).token(), again.more().get(1).token());
    scene.revoke(first.more().get(1));
    Seen later = scene.one(three);
    assertEquals(Outcome.Status.GRANTED, later.status());
    assertEquals(EndReason.END_REASON_REVOKED, later.more().get(1).end());
    scene.release(first);
    Seen last = scene.one(three);
    assertEquals(EndReason.END_REASON_RELEASED, last.end());
    assertEquals(Outcome.Status.GRANTED, last.more().get(0).status());
  }

  @Test
  void fallback_ofEachPart_isItsOwn() {
    Scene scene = Scene.of(SEATS, CALLS, Right.sessions("floor", 1));
    scene.take("seats").holder("bob").go();
    Seen seen = scene.take("seats").or("floor").and("calls").go();
    granted(seen, 2);
    assertEquals(held(1, 1), scene.pool("floor"));
    assertEquals(used(2, 1), scene.pool("calls"));
  }

  /** Two meters may spill into one: the second finds what the first has left. */
  @Test
  void parts_thatMeetInOneMeter_countBoth() {
    Scene scene = Scene.of(CALLS.limit(0), Right.calendar("daily", 2));
    Seen both = scene.take("daily").and("calls").or("daily").go();
    granted(both, 2);
    assertEquals(used(2, 2), scene.pool("daily"));
    Seen refused = scene.take("daily").and("calls").or("daily").go();
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, refused.refusal());
  }

  /** Two leases of one session would be one. */
  @Test
  void parts_thatMeetInOnePoolOfSessions_areNotBothGranted() {
    Scene scene = Scene.of(SEATS.limit(0), Right.sessions("floor", 5));
    Seen seen = scene.take("floor").and("seats").or("floor").go();
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen.refusal());
    assertNull(scene.pool("floor"));
  }

  @Test
  void hold_ofTwoMeters_isSettledOneByOne() {
    Scene scene = Scene.of(CALLS, Right.calendar("daily", 2));
    Seen seen = scene.take("calls").hold().and("daily").go();
    granted(seen, 2);
    scene.commit(seen, 1);
    scene.cancel(seen.more().getFirst());
    assertEquals(used(2, 1), scene.pool("calls"));
    assertEquals(used(2, 0), scene.pool("daily"));
  }
}
