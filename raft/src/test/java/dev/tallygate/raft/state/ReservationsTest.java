package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** Units of a pool that are kept for groups. */
final class ReservationsTest {
  private static final long SECOND = Scene.SECOND;

  /** One unit for everybody, two for the first group. */
  private static final Right SEATS = Right.sessions("seats", 3).reserve("red", 2);

  private int sessions;

  private Seen take(Scene scene, int group) {
    return scene.take("seats").session("s" + sessions++).group(group).go();
  }

  private static void granted(Seen seen) {
    assertEquals(Outcome.Status.GRANTED, seen.status());
  }

  private static void exhausted(Seen seen) {
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen.refusal());
  }

  @Test
  void member_takesWhatIsKeptAndWhatIsKeptForNobody() {
    Scene scene = Scene.of(SEATS);
    for (int i = 0; i < 3; i++) granted(take(scene, 1));
    exhausted(take(scene, 1));
    assertEquals(0, scene.reserved);
  }

  @Test
  void other_leavesAloneWhatIsKept() {
    Scene scene = Scene.of(SEATS);
    granted(take(scene, 0));
    exhausted(take(scene, 0));
    assertEquals(2, scene.reserved);
    granted(take(scene, 1));
    granted(take(scene, 1));
  }

  @Test
  void other_takesWhatAGroupHasMoreThanItsOwn() {
    Scene scene = Scene.of(SEATS.limit(4));
    granted(take(scene, 1));
    granted(take(scene, 1));
    // The group has what is kept for it: the rest is anybody's.
    granted(take(scene, 0));
    granted(take(scene, 0));
    exhausted(take(scene, 0));
  }

  @Test
  void release_ofAMember_isKeptAgain() {
    Scene scene = Scene.of(SEATS);
    granted(take(scene, 0));
    Seen member = take(scene, 1);
    scene.release(member);
    exhausted(take(scene, 0));
    granted(take(scene, 1));
    scene.pass(22 * SECOND);
    assertEquals(0, scene.tables.table(TableId.GROUPS).count());
  }

  @Test
  void groups_leaveEachOtherTheirOwn() {
    Scene scene = Scene.of(SEATS.reserve("blue", 1));
    granted(take(scene, 1));
    exhausted(take(scene, 1));
    granted(take(scene, 2));
    granted(take(scene, 2));
    exhausted(take(scene, 2));
  }

  /** Nothing goes beyond the limit while units are free, for whomever they are kept. */
  @Test
  void overage_beginsWhereNothingIsFree() {
    Scene scene = Scene.of(SEATS.overage(1, 0));
    granted(take(scene, 0));
    exhausted(take(scene, 0));
    granted(take(scene, 1));
    granted(take(scene, 1));
    granted(take(scene, 0));
    assertEquals(new Seen.Numbers(3, 0, 0, 4, 0, 0, 0, 0, 1), scene.pool("seats"));
  }

  @Test
  void seats_areKeptLikeSessions() {
    Scene scene = Scene.of(Right.seats("named", 2).reserve("red", 1));
    granted(scene.take("named").go());
    exhausted(scene.take("named").holder("bob").go());
    granted(scene.take("named").holder("eve").group(1).go());
  }

  @Test
  void partitions_keepEachTheirOwn() {
    Scene scene = Scene.of(SEATS.partitions(5));
    granted(scene.take("seats").partition("a").go());
    exhausted(scene.take("seats").partition("a").session("t").go());
    granted(scene.take("seats").partition("b").go());
  }

  /** A lease keeps counting to the group that it was opened for. */
  @Test
  void catalog_reservationsComeAndGo_countStaysRight() {
    Scene scene = Scene.of(SEATS);
    Seen member = take(scene, 1);
    scene.catalog(Right.sessions("seats", 3));
    granted(take(scene, 0));
    scene.catalog(SEATS.reserve("blue", 1));
    // One more is kept for the first group, which has one, and one for the second.
    exhausted(take(scene, 0));
    scene.release(member);
    exhausted(take(scene, 0));
    scene.catalog(Right.sessions("seats", 3));
    granted(take(scene, 0));
    scene.pass(22 * SECOND);
    assertEquals(0, scene.tables.table(TableId.GROUPS).count());
  }
}
