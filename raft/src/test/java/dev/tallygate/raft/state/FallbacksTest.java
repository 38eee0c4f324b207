package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** A chain of entitlements, tried in the order written where the one before is exhausted. */
final class FallbacksTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right TEAM = Right.sessions("team", 1);
  private static final Right SITE = Right.sessions("site", 1);
  private static final Right NAMED = Right.seats("named", 1);

  private static Seen.Numbers taken(long limit, long held) {
    return new Seen.Numbers(limit, 0, limit - held, held, 0, 0, 0);
  }

  private static Seen take(Scene scene, String holder) {
    return scene.take("team").holder(holder).or("site").go();
  }

  private static void granted(Seen seen) {
    assertEquals(Outcome.Status.GRANTED, seen.status());
  }

  @Test
  void take_ownPoolFree_takesFromIt() {
    Scene scene = Scene.of(TEAM, SITE);
    granted(take(scene, "ann"));
    assertEquals(taken(1, 1), scene.pool("team"));
    assertNull(scene.pool("site"));
  }

  @Test
  void take_ownPoolExhausted_takesFromTheNext() {
    Scene scene = Scene.of(TEAM, SITE);
    granted(take(scene, "ann"));
    Seen spilled = take(scene, "bob");
    granted(spilled);
    assertEquals(taken(1, 1), spilled.pool());
    assertEquals(taken(1, 1), scene.pool("site"));
    scene.release(spilled);
    assertEquals(taken(1, 0), scene.pool("site"));
  }

  @Test
  void take_wholeChainExhausted_isRefusedByTheFirst() {
    Scene scene = Scene.of(TEAM.limit(2), SITE);
    granted(scene.take("team").units(2).or("site").go());
    granted(take(scene, "bob"));
    Call.Take third = scene.take("team").holder("eve").or("site").call();
    Seen refused = scene.one(third);
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, refused.refusal());
    assertEquals(taken(2, 2), refused.pool());
    assertTrue(scene.one(third).repeated());
  }

  @Test
  void take_ownOverage_goesBeforeTheNext() {
    Scene scene = Scene.of(TEAM.overage(1, 0), SITE);
    granted(take(scene, "ann"));
    granted(take(scene, "bob"));
    assertNull(scene.pool("site"));
    granted(take(scene, "eve"));
    assertEquals(taken(1, 1), scene.pool("site"));
  }

  /** The session is looked for in the whole chain, although its first pool is free again. */
  @Test
  void take_sessionFurtherDown_goesOnThere() {
    Scene scene = Scene.of(TEAM, SITE);
    Seen first = take(scene, "ann");
    Seen spilled = take(scene, "bob");
    scene.release(first);
    Seen again = take(scene, "bob");
    assertTrue(again.resumed());
    assertEquals(spilled.leaseId(), again.leaseId());
    assertEquals(taken(1, 0), scene.pool("team"));
  }

  @Test
  void take_seatFurtherDown_goesOnThere() {
    Scene scene = Scene.of(NAMED, Right.seats("floor", 2));
    Seen first = scene.take("named").or("floor").go();
    Seen spilled = scene.take("named").holder("bob").or("floor").go();
    scene.revoke(first);
    Seen again = scene.take("named").holder("bob").or("floor").go();
    assertEquals(spilled.token(), again.token());
    assertEquals(taken(1, 0), scene.pool("named"));
  }

  @Test
  void take_seatThatAnAdministratorTook_triesTheChain() {
    Scene scene = Scene.of(TEAM, NAMED.assigned().coolDown(100 * SECOND));
    Seen seat = scene.take("named").assign().go();
    scene.revoke(seat);
    granted(scene.take("team").or("named").go());
    assertEquals(taken(1, 1), scene.pool("team"));
  }

  @Test
  void take_refusedForAnotherReason_endsTheChain() {
    Scene scene = Scene.of(TEAM.limit(5).perHolder(1), SITE);
    granted(take(scene, "ann"));
    Seen refused = scene.take("team").session("another").or("site").go();
    assertEquals(RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED, refused.refusal());
    assertNull(scene.pool("site"));
  }

  @Test
  void take_nextRefusesForAnotherReason_isRefusedByTheFirst() {
    Scene scene = Scene.of(TEAM, NAMED, SITE);
    granted(take(scene, "ann"));
    Seen refused = scene.take("team").holder("bob").units(2).or("named").or("site").go();
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, refused.refusal());
    assertEquals(taken(1, 1), refused.pool());
    assertNull(scene.pool("site"));
  }

  @Test
  void take_ofSeveralModels_answersWhatKindItIs() {
    Scene scene = Scene.of(NAMED, SITE);
    assertEquals(GrantKind.GRANT_KIND_SEAT_VALUE, scene.take("named").or("site").go().grantKind());
    assertEquals(
        GrantKind.GRANT_KIND_LEASE_VALUE,
        scene.take("named").holder("bob").or("site").go().grantKind());
    Scene meters = Scene.of(Right.rolling("calls", 1, 40 * SECOND, 4), Right.site("campus"));
    granted(meters.take("calls").or("campus").go());
    granted(meters.take("calls").or("campus").go());
    assertEquals(
        new Seen.Numbers(Right.UNLIMITED, 0, Right.UNLIMITED - 1, 0, 0, 0, 1),
        meters.pool("campus"));
  }

  @Test
  void repeat_ofAGrantFurtherDown_answersIt() {
    Scene scene = Scene.of(TEAM, SITE);
    Seen first = take(scene, "ann");
    Call.Take spilling = scene.take("team").holder("bob").or("site").call();
    Seen spilled = scene.one(spilling);
    scene.release(first);
    Seen again = scene.one(spilling);
    assertTrue(again.repeated());
    assertEquals(spilled.token(), again.token());
    assertEquals(taken(1, 0), scene.pool("team"));
  }

  /** The soonest of the chain is worth waiting for. */
  @Test
  void refusal_saysWhenTheFirstOfThemMayHaveUnits() {
    Scene scene = Scene.of(Right.calendar("daily", 1), Right.rolling("calls", 1, 40 * SECOND, 4));
    granted(scene.take("daily").or("calls").go());
    granted(scene.take("daily").or("calls").go());
    scene.take("daily").or("calls").go();
    long soonest = scene.retryAfter;
    scene.take("calls").go();
    long second = scene.retryAfter;
    scene.take("daily").go();
    assertEquals(Math.min(second, scene.retryAfter), soonest);
  }
}
