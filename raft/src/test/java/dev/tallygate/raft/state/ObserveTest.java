package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** An entitlement that only observes: what it would refuse is granted, counted, and says so. */
final class ObserveTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 1).observing();

  /** For an answer that is granted, {@code why} is what would have refused it. */
  private static void observed(RefusalReason why, Seen seen) {
    assertEquals(Outcome.Status.GRANTED, seen.status());
    assertEquals(why, seen.refusal());
  }

  @Test
  void take_withinTheLimit_isGrantedWithoutAWord() {
    Scene scene = Scene.of(SEATS);
    Seen seen = scene.take("seats").go();
    assertEquals(Outcome.Status.GRANTED, seen.status());
    assertNull(seen.refusal());
  }

  @Test
  void take_exhausted_isGrantedCountedAndSaysSo() {
    Scene scene = Scene.of(SEATS);
    scene.take("seats").go();
    Call.Take second = scene.take("seats").holder("bob").call();
    Seen seen = scene.one(second);
    observed(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen);
    assertEquals(new Seen.Numbers(1, 0, 0, 2, 0, 0, 0, 0, 1), scene.pool("seats"));
    observed(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.one(second));
    scene.release(seen);
    assertEquals(new Seen.Numbers(1, 0, 0, 1, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void take_holderAtTheMaximum_saysTheFirstReason() {
    Scene scene = Scene.of(SEATS.perHolder(1));
    scene.take("seats").go();
    observed(RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED, scene.take("seats").session("t").go());
  }

  @Test
  void take_meterSpent_isUsedAndSaysSo() {
    Scene scene = Scene.of(Right.calendar("daily", 1).observing());
    observed(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("daily").units(5).go());
    scene.pass(SimClock.MINUTE);
    assertEquals(new Seen.Numbers(1, 0, 1, 0, 0, 0, 0), scene.pool("daily"));
  }

  @Test
  void take_seatThatOnlyAnAdministratorGives_isAssignedAndSaysSo() {
    Scene scene = Scene.of(Right.seats("named", 1).assigned().observing());
    observed(RefusalReason.REFUSAL_REASON_NO_SEAT, scene.take("named").go());
  }

  @Test
  void take_outOfScope_saysWhatTheProposerFound() {
    Scene scene = Scene.of(Right.site("campus").observing());
    observed(
        RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE,
        scene.take("campus").observed(RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE_VALUE).go());
  }

  @Test
  void take_whatNoRuleOfTheLicenseSays_isRefusedAllTheSame() {
    Scene scene = Scene.of(SEATS, Right.rolling("calls", 1, 40 * SECOND, 4).observing());
    assertEquals(
        RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.take("seats").hold().go().refusal());
    Seen one = scene.take("seats").go();
    assertEquals(Outcome.Status.GRANTED, one.status());
    assertEquals(
        RefusalReason.REFUSAL_REASON_UNITS_DIFFER, scene.take("seats").units(2).go().refusal());
  }

  /** Where the fallback would have granted, nothing would have been refused. */
  @Test
  void fallback_isTriedBeforeAnythingIsObserved() {
    Scene scene = Scene.of(SEATS, Right.sessions("floor", 1));
    scene.take("seats").or("floor").go();
    Seen spilled = scene.take("seats").holder("bob").or("floor").go();
    assertNull(spilled.refusal());
    assertEquals(new Seen.Numbers(1, 0, 0, 1, 0, 0, 0), scene.pool("floor"));
    observed(
        RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("seats").holder("eve").or("floor").go());
    assertEquals(new Seen.Numbers(1, 0, 0, 2, 0, 0, 0, 0, 1), scene.pool("seats"));
  }

  @Test
  void enforced_later_drainsAndRefuses() {
    Scene scene = Scene.of(SEATS);
    scene.take("seats").units(3).go();
    scene.catalog(Right.sessions("seats", 1));
    assertEquals(
        RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("seats").holder("bob").go().refusal());
  }
}
