package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tallygate.proto.v1.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a leader may refuse without a log entry. Where it is not sure, the log decides. */
final class ReaderTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 1);

  private static RefusalReason judge(Scene scene, Call.Take take, String entitlement) {
    return judge(scene, take, entitlement, scene.core.view().reader());
  }

  private static RefusalReason judge(
      Scene scene, Call.Take take, String entitlement, Reader reader) {
    TenantView tenant = scene.core.view().tenant("default");
    if (tenant == null) throw new AssertionError("no tenant");
    AllocateCommand command = new AllocateCommand();
    byte[] body = take.proto().getAllocate().toByteArray();
    command.read(new WireReader().over(body, 0, body.length), body.length);
    return reader.judge(tenant, List.of(scene.entitlement(entitlement)), command);
  }

  private static void decides(RefusalReason expected, Scene scene, Scene.Ask ask, String name) {
    assertEquals(expected, judge(scene, ask.call(), name));
  }

  @Test
  void judge_exhaustedPool_isRefused() {
    Scene scene = Scene.of(SEATS);
    scene.take("seats").go();
    decides(
        RefusalReason.REFUSAL_REASON_EXHAUSTED, scene, scene.take("seats").holder("bob"), "seats");
  }

  @Test
  void judge_limitOfZeroAndNoPoolYet_isRefused() {
    Scene scene = Scene.of(SEATS.limit(0));
    decides(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene, scene.take("seats"), "seats");
  }

  @Test
  void judge_freeUnitsOrOwnSession_isForTheLog() {
    Scene scene = Scene.of(SEATS);
    decides(RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, scene.take("seats"), "seats");
    scene.take("seats").go();
    decides(RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, scene.take("seats"), "seats");
  }

  @Test
  void judge_idThatWasAnswered_isForTheLog() {
    Scene scene = Scene.of(SEATS, Right.rolling("teams", 1, 40 * SECOND, 4).partitions(1));
    Scene.Ask refused = scene.take("seats").units(2);
    refused.go();
    decides(RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, refused, "seats");
    Scene.Ask granted = scene.take("teams").partition("a");
    granted.go();
    scene.pass(120 * SECOND);
    scene.catalog(SEATS, Right.rolling("teams", 0, 40 * SECOND, 4).partitions(1));
    // Its partition was dropped meanwhile, and would have no unit if it were made again.
    decides(
        RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, granted.version(scene.version()), "teams");
    decides(
        RefusalReason.REFUSAL_REASON_EXHAUSTED, scene, scene.take("teams").partition("a"), "teams");
  }

  @Test
  void judge_outdatedViewOrNoMedian_isForTheLog() {
    Scene scene = Scene.of(SEATS.limit(0));
    decides(
        RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, scene.take("seats").version(0), "seats");
    scene.term++;
    scene.median = false;
    scene.apply();
    decides(RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, scene.take("seats"), "seats");
  }

  @Test
  void judge_calendarWindowThatIsOver_isForTheLog() {
    Scene scene = Scene.of(Right.calendar("daily", 1));
    scene.take("daily").go();
    decides(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene, scene.take("daily"), "daily");
    scene.pass(60 * SECOND);
    decides(RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, scene.take("daily"), "daily");
  }

  @Test
  void judge_leasesDueThatNoSweepHasComeTo_isForTheLog() {
    Scene scene = Scene.sweeping(1, Right.sessions("seats", 2));
    scene.take("seats").go();
    scene.take("seats").session("t").go();
    Scene.Ask both = scene.take("seats").session("u").units(2);
    decides(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene, both, "seats");
    scene.pass(40 * SECOND);
    decides(RefusalReason.REFUSAL_REASON_UNSPECIFIED, scene, both, "seats");
  }

  /**
   * Rows are written one after another: the session is gone, the pool still says that it is full.
   */
  @Test
  void judge_inTheMiddleOfAnEntry_isForTheLog() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").go();
    Scene.Ask again = scene.take("seats");
    List<RefusalReason> judged = new ArrayList<>();
    scene.meanwhile = () -> judged.add(judge(scene, again.call(), "seats"));
    scene.release(lease);
    assertEquals(List.of(RefusalReason.REFUSAL_REASON_UNSPECIFIED), judged);
  }

  @Test
  void judge_whenToComeBack_isWhatTheLogWouldSay() {
    Scene scene = Scene.of(SEATS, Right.rolling("calls", 3, 40 * SECOND, 4));
    scene.take("seats").go();
    scene.take("calls").units(3).go();
    scene.pass(10 * SECOND);
    sameRetry(scene, scene.take("seats").holder("bob"), "seats");
    sameRetry(scene, scene.take("calls"), "calls");
    sameRetry(scene, scene.take("calls").units(4), "calls");
    assertEquals(0, scene.retryAfter);
  }

  @Test
  void judge_whenASeatMayComeFree_isWhatTheLogWouldSay() {
    Right seats = Right.seats("named", 1).coolDown(100 * SECOND);
    Scene scene = Scene.of(seats);
    Seen seat = scene.take("named").go();
    sameRetry(scene, scene.take("named").holder("bob"), "named");
    assertEquals(0, scene.retryAfter);
    scene.revoke(seat);
    sameRetry(scene, scene.take("named").holder("bob"), "named");
    assertEquals(60 * SECOND, scene.retryAfter);
  }

  @Test
  void judge_seatsThatAdministratorsAssign_isForTheLog() {
    Scene scene = Scene.of(Right.seats("named", 0).assigned());
    assertEquals(
        RefusalReason.REFUSAL_REASON_UNSPECIFIED,
        judge(scene, scene.take("named").call(), "named", scene.core.view().reader()));
  }

  private static void sameRetry(Scene scene, Scene.Ask ask, String name) {
    Reader reader = scene.core.view().reader();
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, judge(scene, ask.call(), name, reader));
    ask.go();
    assertEquals(scene.retryAfter, reader.retryAfterUs(), name);
  }
}
