package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** What is taken beyond a pool's limit: how much, for how long, and what repays it. */
final class OverageTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 2).overage(2, 0);

  private int sessions;

  private Seen take(Scene scene, String entitlement) {
    return scene.take(entitlement).session("s" + sessions++).go();
  }

  private Seen take(Scene scene) {
    return take(scene, "seats");
  }

  private static void granted(Seen seen, long overage) {
    assertEquals(Outcome.Status.GRANTED, seen.status());
    Seen.Numbers pool = seen.pool();
    assertEquals(overage, pool == null ? -1 : pool.overage());
  }

  private static void exhausted(Seen seen) {
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen.refusal());
  }

  private static Seen.Numbers held(long limit, long free, long held, long overage) {
    return new Seen.Numbers(limit, 0, free, held, 0, 0, 0, 0, overage);
  }

  @Test
  void take_beyondTheLimit_isGrantedAndMarkedInEveryAnswer() {
    Scene scene = Scene.of(SEATS);
    granted(take(scene), 0);
    Seen both = scene.take("seats").units(2).go();
    granted(both, 1);
    granted(scene.renew(both), 1);
    Call.Take third = scene.take("seats").session("third").call();
    granted(scene.one(third), 2);
    Seen repeated = scene.one(third);
    granted(repeated, 2);
    assertTrue(repeated.repeated());
    assertEquals(held(2, 0, 4, 2), scene.pool("seats"));
  }

  @Test
  void take_beyondOverage_isExhausted() {
    Scene scene = Scene.of(SEATS);
    granted(scene.take("seats").units(4).go(), 2);
    exhausted(take(scene));
    assertEquals(SECOND, scene.retryAfter);
    exhausted(scene.take("seats").session("many").units(5).go());
    assertEquals(0, scene.retryAfter);
    assertEquals(held(2, 0, 4, 2), scene.pool("seats"));
  }

  @Test
  void release_repaysOverageBeforeAnythingIsFree() {
    Scene scene = Scene.of(SEATS);
    Seen first = scene.take("seats").units(2).go();
    granted(take(scene), 1);
    scene.release(first);
    assertEquals(held(2, 1, 1, 0), scene.pool("seats"));
  }

  @Test
  void percent_isOfTheLimitInForceAndRoundedDown() {
    Scene scene = Scene.of(Right.sessions("seats", 5).overagePercent(50, 0));
    granted(scene.take("seats").units(7).go(), 2);
    exhausted(take(scene));
    scene.setLimit("seats", 6, 0);
    granted(scene.take("seats").session("t").units(2).go(), 3);
    exhausted(take(scene));
  }

  @Test
  void unlimited_takesAnyNumber() {
    Scene scene = Scene.of(Right.sessions("seats", 0).overageUnlimited(0));
    granted(scene.take("seats").units(1_000_000).go(), 1_000_000);
  }

  /** Its time runs from the first unit beyond the limit, whatever is taken or given meanwhile. */
  @Test
  void time_over_refusesUntilThePoolWasWithinItsLimit() {
    Scene scene = Scene.of(SEATS.overage(2, 30 * SECOND).linger(0));
    Seen base = scene.take("seats").units(2).ttl(60 * SECOND).go();
    scene.pass(5 * SECOND);
    Seen beyond = scene.take("seats").session("b").ttl(60 * SECOND).go();
    granted(beyond, 1);
    scene.pass(29 * SECOND);
    Seen another = take(scene);
    granted(another, 2);
    scene.release(another);
    scene.pass(SECOND);
    exhausted(take(scene));
    granted(scene.renew(base), 1);
    scene.release(beyond);
    granted(take(scene), 1);
  }

  @Test
  void cut_whatItLeavesOutstandingIsBeyondTheLimitToo() {
    Scene scene = Scene.of(SEATS);
    Seen two = scene.take("seats").units(2).go();
    granted(take(scene), 1);
    scene.setLimit("seats", 1, 0);
    assertEquals(new Seen.Numbers(1, 1, 0, 3, 0, 0, 0, 0, 1), scene.pool("seats"));
    exhausted(take(scene));
    scene.release(two);
    assertEquals(held(1, 0, 1, 0), scene.pool("seats"));
    granted(take(scene), 1);
  }

  @Test
  void windowEnds_overageEndsWithIt() {
    Scene scene = Scene.of(Right.calendar("daily", 2).overage(1, 0));
    granted(scene.take("daily").units(3).go(), 1);
    exhausted(scene.take("daily").go());
    scene.pass(SimClock.MINUTE);
    granted(scene.take("daily").go(), 0);
  }

  @Test
  void hold_beyondTheLimit_givesBackWhatIsNotCommitted() {
    Scene scene = Scene.of(Right.rolling("calls", 2, 40 * SECOND, 4).overage(2, 0));
    Seen hold = scene.take("calls").units(4).hold().go();
    granted(hold, 2);
    scene.commit(hold, 3);
    assertEquals(new Seen.Numbers(2, 0, 0, 0, 0, 0, 3, 0, 1), scene.pool("calls"));
  }

  @Test
  void seat_beyondTheLimit_isAssigned() {
    Scene scene = Scene.of(Right.seats("named", 1).overage(1, 0));
    granted(scene.take("named").go(), 0);
    granted(scene.take("named").holder("bob").go(), 1);
    exhausted(scene.take("named").holder("eve").go());
  }

  @Test
  void catalog_takesOverageAway_revokesNothingAndRefuses() {
    Scene scene = Scene.of(SEATS);
    Seen all = scene.take("seats").units(3).go();
    scene.catalog(Right.sessions("seats", 2));
    granted(scene.renew(all), 1);
    exhausted(take(scene));
    scene.release(all);
    granted(take(scene), 0);
  }
}
