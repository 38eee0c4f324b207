package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.RefusalReason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The maximum of units that one holder may have out of a pool of sessions. */
final class HoldersTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 9).perHolder(2);

  private static Seen take(Scene scene, String session) {
    return scene.take("seats").session(session).go();
  }

  private static void granted(Seen seen) {
    assertEquals(Outcome.Status.GRANTED, seen.status());
  }

  private static void refused(RefusalReason why, Seen seen) {
    assertEquals(why, seen.refusal());
  }

  private static void refused(Seen seen) {
    refused(RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED, seen);
  }

  @Test
  void take_belowTheMaximum_isGrantedToEachHolder() {
    Scene scene = Scene.of(SEATS);
    granted(take(scene, "one"));
    granted(take(scene, "two"));
    granted(scene.take("seats").holder("bob").units(2).go());
    assertEquals(new Seen.Numbers(9, 0, 5, 4, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void take_atTheMaximum_isRefusedAndSaysWhenToTryAgain() {
    Scene scene = Scene.of(SEATS);
    granted(take(scene, "one"));
    granted(take(scene, "two"));
    refused(take(scene, "three"));
    assertEquals(SECOND, scene.retryAfter);
    refused(scene.take("seats").holder("bob").units(3).go());
    assertEquals(0, scene.retryAfter);
    assertEquals(new Seen.Numbers(9, 0, 7, 2, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void resume_atTheMaximum_takesNothingAnew() {
    Scene scene = Scene.of(SEATS);
    granted(scene.take("seats").units(2).go());
    Seen again = scene.take("seats").units(2).go();
    granted(again);
    assertTrue(again.resumed());
  }

  @Test
  void release_orExpiry_makesRoomForTheHolder() {
    Scene scene = Scene.of(SEATS);
    Seen first = take(scene, "one");
    granted(take(scene, "two"));
    scene.release(first);
    granted(take(scene, "three"));
    scene.pass(22 * SECOND);
    assertEquals(0, scene.tables.table(TableId.HOLDERS).count());
    granted(scene.take("seats").units(2).go());
  }

  @Test
  void linger_countsForTheHolderUntilItIsOver() {
    Scene scene = Scene.of(SEATS.linger(8 * SECOND));
    Seen first = scene.take("seats").units(2).go();
    scene.release(first);
    refused(take(scene, "another"));
    scene.pass(8 * SECOND);
    granted(take(scene, "another"));
  }

  @Test
  void partitions_countApart() {
    Scene scene = Scene.of(SEATS.partitions(5));
    granted(scene.take("seats").partition("a").units(2).go());
    granted(scene.take("seats").partition("b").units(2).go());
    refused(scene.take("seats").partition("a").session("t").go());
  }

  /** The holder's maximum is judged before the pool: it stands however full the pool is. */
  @Test
  void poolExhaustedAndHolderToo_saysTheHolder() {
    Scene scene = Scene.of(SEATS.limit(2));
    granted(scene.take("seats").units(2).go());
    refused(take(scene, "another"));
    refused(
        RefusalReason.REFUSAL_REASON_EXHAUSTED,
        scene.take("seats").holder("bob").session("b").go());
  }

  /** What was opened before the catalog had a maximum is not counted, then or later. */
  @Test
  void catalog_maximumComesAndGoes_countsWhatWasOpenedUnderOne() {
    Scene scene = Scene.of(Right.sessions("seats", 9));
    Seen before = scene.take("seats").units(2).go();
    scene.catalog(SEATS);
    granted(take(scene, "one"));
    granted(take(scene, "two"));
    refused(take(scene, "three"));
    scene.release(before);
    refused(take(scene, "three"));
    scene.catalog(Right.sessions("seats", 9));
    granted(take(scene, "three"));
    scene.catalog(SEATS);
    refused(take(scene, "four"));
    scene.pass(22 * SECOND);
    assertEquals(0, scene.tables.table(TableId.HOLDERS).count());
  }

  @Test
  void lowered_revokesNothingAndRefusesUntilItIsMet() {
    Scene scene = Scene.of(SEATS.perHolder(3));
    Seen big = scene.take("seats").units(3).go();
    scene.catalog(SEATS.perHolder(1));
    granted(scene.renew(big));
    refused(take(scene, "another"));
    scene.release(big);
    granted(take(scene, "another"));
  }

  @Test
  void repeat_ofTheRefusal_isRefusedAgainAlthoughThereIsRoomNow() {
    Scene scene = Scene.of(SEATS);
    Seen big = scene.take("seats").units(2).go();
    Call.Take third = scene.take("seats").session("t").call();
    refused(scene.one(third));
    scene.release(big);
    Seen again = scene.one(third);
    refused(again);
    assertTrue(again.repeated());
  }

  @Test
  void catalog_maximumOfAnotherModel_changesNothing() {
    Scene scene = Scene.of(SEATS);
    List<Right> wrong =
        List.of(
            Right.seats("named", 1).perHolder(1),
            Right.site("campus").perHolder(1),
            Right.calendar("daily", 1).perHolder(1));
    for (Right right : wrong)
      assertEquals(Outcome.Status.INTERNAL, scene.set("other", right).status());
  }
}
