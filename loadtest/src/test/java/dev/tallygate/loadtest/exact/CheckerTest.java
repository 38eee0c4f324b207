package dev.tallygate.loadtest.exact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.loadtest.exact.Fault.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Times are in milliseconds here: small numbers that a reader can follow. */
class CheckerTest {
  private static final long TTL = 1_000;

  private final Checker checker = new Checker();
  private final List<Invocation> calls = new ArrayList<>();

  CheckerTest() {
    checker.addPool(new PoolRule("seats", 2, true));
    checker.addPool(new PoolRule("meter", 10, false));
  }

  @Test
  void twoSeats_takenInTurns_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r2", "s2", "t2", 0, 12);
    call(Op.RELEASE, "s1", "t1", 20, 30, ended("RELEASED", "t1"));
    granted("r3", "s3", "t3", 21, 29);

    assertThat(check()).isEmpty();
  }

  @Test
  void threeLiveOfTwo_overGrant() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r2", "s2", "t2", 0, 12);
    granted("r3", "s3", "t3", 13, 20);

    assertThat(check()).containsExactly(Kind.OVER_GRANT);
  }

  // The first two batches are right by themselves; the lease of the first is still live in the
  // third.
  @Test
  void threeLiveOfTwo_inDifferentBatches_overGrant() {
    granted("r1", "s1", "t1", 0, 10);
    assertThat(check()).isEmpty();
    granted("r2", "s2", "t2", 20, 30);
    assertThat(check()).isEmpty();
    granted("r3", "s3", "t3", 40, 50);

    assertThat(check()).containsExactly(Kind.OVER_GRANT);
  }

  // Both calls overlap the release, so an order exists in which two are never exceeded.
  @Test
  void grantWhileReleaseIsUnderWay_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r2", "s2", "t2", 0, 12);
    call(Op.RELEASE, "s1", "t1", 20, 60, new Answer.Unknown("UNAVAILABLE"));
    granted("r3", "s3", "t3", 25, 40);

    assertThat(check()).isEmpty();
  }

  @Test
  void grantAfterTtl_noFault_butBefore_overGrant() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r2", "s2", "t2", 0, 12);
    granted("r3", "s3", "t3", TTL, TTL + 5);
    assertThat(check()).isEmpty();
    granted("r4", "s4", "t4", TTL + 10, TTL + 11);
    granted("r5", "s5", "t5", TTL + 12, TTL + 13);

    assertThat(check()).contains(Kind.OVER_GRANT);
  }

  @Test
  void renewal_extendsWhatIsCertain() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r2", "s2", "t2", 0, 12);
    call(Op.RENEW, "s1", "t1", 500, 510, lease("t1", TTL));
    call(Op.RENEW, "s2", "t2", 500, 510, lease("t2", TTL));
    granted("r3", "s3", "t3", 1_200, 1_210);

    assertThat(check()).containsExactly(Kind.OVER_GRANT);
  }

  // In its grace a lease still stands, but nothing is left of its ttl: a repeat makes nothing
  // certain.
  @Test
  void repeatedId_inGrace_nothingCertain() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r2", "s2", "t2", 0, 12);
    attempt("r1", "s1", 2, TTL + 10, TTL + 20, lease("t1", 0));
    granted("r3", "s3", "t3", TTL + 500, TTL + 510);
    granted("r4", "s4", "t4", TTL + 500, TTL + 510);

    assertThat(check()).isEmpty();
  }

  // How a lease was come by is not told a second time; that it is the same lease is enough.
  @Test
  void sessionReconnects_answeredAsRepeat_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    take(Op.ALLOCATE, "r3", "s1", 1, 2, 20, 30, new Answer.Granted("Lt1", "t3", TTL, false, 1));

    assertThat(check()).isEmpty();
  }

  @Test
  void meterAboveLimit_overGrant() {
    for (int i = 0; i < 11; i++) receipt("r" + i, "t" + i, 1, i);

    assertThat(check()).contains(Kind.OVER_GRANT);
  }

  // A meter gives nothing back by time, however long ago it was used.
  @Test
  void meterAboveLimit_muchLater_overGrant() {
    receipt("r0", "t0", 10, 0);
    assertThat(check()).isEmpty();
    receipt("r1", "t1", 1, 1_000_000);

    assertThat(check()).contains(Kind.OVER_GRANT);
  }

  @Test
  void negativeFree_overGrant() {
    take(Op.ALLOCATE, "r1", "s1", 1, 1, 0, 10, new Answer.Granted("L1", "t1", TTL, false, -1));

    assertThat(check()).containsExactly(Kind.OVER_GRANT);
  }

  @Test
  void renewalOfLiveLease_ended_lost() {
    granted("r1", "s1", "t1", 0, 10);
    call(Op.RENEW, "s1", "t1", 100, 110, ended("EXPIRED", "t1"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void renewalOfLiveLease_inALaterBatch_lost() {
    granted("r1", "s1", "t1", 0, 10);
    assertThat(check()).isEmpty();
    call(Op.RENEW, "s1", "t1", 100, 110, new Answer.Refused("NOT_FOUND"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void renewalPastTtl_ended_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    call(Op.RENEW, "s1", "t1", 990, 1_001, ended("EXPIRED", "t1"));

    assertThat(check()).isEmpty();
  }

  @Test
  void releaseOfLiveLease_notFound_lost() {
    granted("r1", "s1", "t1", 0, 10);
    call(Op.RELEASE, "s1", "t1", 100, 110, new Answer.Refused("NOT_FOUND"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void releaseOfLiveLease_alreadyExpired_lost() {
    granted("r1", "s1", "t1", 0, 10);
    call(Op.RELEASE, "s1", "t1", 100, 110, ended("EXPIRED", "t1"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void releaseSentAgain_released_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    call(Op.RELEASE, "s1", "t1", 100, 110, new Answer.Unknown("UNAVAILABLE"));
    call(Op.RELEASE, "s1", "t1", 120, 130, ended("RELEASED", "t1"));

    assertThat(check()).isEmpty();
  }

  @Test
  void repeatedId_sameLease_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    attempt("r1", "s1", 2, 20, 30, lease("t1", TTL - 20));

    assertThat(check()).isEmpty();
  }

  @Test
  void repeatedId_otherToken_doubleEffect() {
    granted("r1", "s1", "t1", 0, 10);
    attempt("r1", "s1", 2, 20, 30, lease("t2", TTL));

    assertThat(check()).contains(Kind.DOUBLE_EFFECT);
  }

  @Test
  void repeatedId_muchLaterBatch_otherToken_doubleEffect() {
    receipt("r1", "t1", 1, 0);
    check();
    receipt("r2", "t2", 1, 10);
    check();
    take(
        Op.ALLOCATE,
        "r1",
        "",
        1,
        5,
        100_000,
        100_010,
        new Answer.Granted("Lt3", "t3", 0, false, 5));

    assertThat(check()).contains(Kind.DOUBLE_EFFECT);
  }

  @Test
  void twoIds_sameReceipt_doubleEffect() {
    receipt("r1", "t1", 1, 0);
    receipt("r2", "t1", 1, 10);

    assertThat(check()).contains(Kind.DOUBLE_EFFECT);
  }

  @Test
  void twoSessions_sameLease_doubleEffect() {
    take(Op.ALLOCATE, "r1", "s1", 1, 1, 0, 10, new Answer.Granted("L1", "t1", TTL, false, 1));
    take(Op.ALLOCATE, "r2", "s2", 1, 1, 20, 30, new Answer.Granted("L1", "t2", TTL, false, 1));

    assertThat(check()).contains(Kind.DOUBLE_EFFECT);
  }

  @Test
  void grantedId_refusedLater_doubleEffect() {
    receipt("r1", "t1", 1, 0);
    take(Op.ALLOCATE, "r1", "", 1, 2, 20, 30, new Answer.Refused("EXHAUSTED"));

    assertThat(check()).containsExactly(Kind.DOUBLE_EFFECT);
  }

  @Test
  void loggedRefusal_grantedLater_doubleEffect() {
    take(Op.ALLOCATE, "r1", "", 1, 2, 0, 10, new Answer.Refused("EXHAUSTED"));
    take(Op.ALLOCATE, "r1", "", 1, 3, 20, 30, new Answer.Granted("L1", "t1", 0, false, 5));

    assertThat(check()).containsExactly(Kind.DOUBLE_EFFECT);
  }

  // A first attempt may be refused by the leader without a trace; the caller believes the later
  // attempt.
  @Test
  void firstAttemptRefused_secondGranted_noFault() {
    take(Op.ALLOCATE, "r1", "", 1, 1, 0, 30, new Answer.Refused("EXHAUSTED"));
    take(Op.ALLOCATE, "r1", "", 1, 2, 5, 10, new Answer.Granted("L1", "t1", 0, false, 5));

    assertThat(check()).isEmpty();
  }

  @Test
  void repeatedId_endedWhileLive_lost() {
    granted("r1", "s1", "t1", 0, 10);
    attempt("r1", "s1", 2, 20, 30, ended("EXPIRED", "t1"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void repeatedId_liveAfterRelease_wrong() {
    granted("r1", "s1", "t1", 0, 10);
    call(Op.RELEASE, "s1", "t1", 20, 30, ended("RELEASED", "t1"));
    attempt("r1", "s1", 2, 40, 50, lease("t1", TTL));

    assertThat(check()).containsExactly(Kind.WRONG_ANSWER);
  }

  @Test
  void renewalAfterRelease_renewed_wrong() {
    granted("r1", "s1", "t1", 0, 10);
    call(Op.RELEASE, "s1", "t1", 20, 30, ended("RELEASED", "t1"));
    call(Op.RENEW, "s1", "t1", 40, 50, lease("t1", TTL));

    assertThat(check()).containsExactly(Kind.WRONG_ANSWER);
  }

  @Test
  void sessionReconnects_resumed_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r2", "s2", "t2", 0, 10);
    resumed("r3", "s1", "t3", 20, 30);
    call(Op.RELEASE, "s1", "t3", 40, 50, ended("RELEASED", "t3"));

    assertThat(check()).isEmpty();
  }

  // The first attempt of the reconnection went to a dead node and did nothing. Until the second one
  // is answered the lease
  // may still stand under its first token, and a copy of the first request may say so.
  @Test
  void copyWhileReconnectionIsRetried_live_noFault() {
    granted("r1", "s1", "t1", 0, 10);
    attempt("r3", "s1", 1, 20, 21, new Answer.Unknown("UNAVAILABLE"));
    attempt("r1", "s1", 2, 30, 40, lease("t1", TTL));
    attempt("r3", "s1", 2, 50, 60, new Answer.Granted("Lt1", "t3", TTL, true, 1));

    assertThat(check()).isEmpty();
  }

  @Test
  void copyAfterReconnection_live_wrong() {
    granted("r1", "s1", "t1", 0, 10);
    attempt("r3", "s1", 1, 20, 30, new Answer.Granted("Lt1", "t3", TTL, true, 1));
    attempt("r1", "s1", 2, 40, 50, lease("t1", TTL));

    assertThat(check()).containsExactly(Kind.WRONG_ANSWER);
  }

  @Test
  void sessionReconnects_secondUnit_lost() {
    granted("r1", "s1", "t1", 0, 10);
    granted("r3", "s1", "t3", 20, 30);

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void sessionReconnects_refused_lost() {
    granted("r1", "s1", "t1", 0, 10);
    attempt("r3", "s1", 1, 20, 30, new Answer.Refused("EXHAUSTED"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  // A copy of the first request arrives after the session was resumed under another id: it ended,
  // and takes nothing over.
  @Test
  void lateCopyAfterResumption_ended_andSuccessorStillCertain() {
    granted("r1", "s1", "t1", 0, 10);
    resumed("r3", "s1", "t3", 20, 30);
    attempt("r1", "s1", 2, 40, 50, ended("SUPERSEDED", "t1"));
    call(Op.RENEW, "s1", "t3", 60, 70, new Answer.Refused("FENCED"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void zombieRelease_freesSuccessor_lost() {
    granted("r1", "s1", "t1", 0, 10);
    resumed("r3", "s1", "t3", 20, 30);
    call(Op.RELEASE, "s1", "t1", 40, 50, new Answer.Refused("FENCED"));
    call(Op.RELEASE, "s1", "t3", 60, 70, new Answer.Refused("NOT_FOUND"));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void holdCommittedInPart_restSpent_exact() {
    hold("r1", "t1", 6, 0);
    settle(Op.COMMIT, "t1", 4, 20, ended("COMMITTED", "t1", 4));
    receipt("r2", "t2", 6, 40);

    assertThat(check()).isEmpty();
    assertThat(checker.checkSpent("meter")).isEmpty();
  }

  @Test
  void holdCancelled_allSpent_exact_oneMore_overGrant() {
    hold("r1", "t1", 6, 0);
    settle(Op.CANCEL, "t1", 0, 20, ended("CANCELLED", "t1", 0));
    receipt("r2", "t2", 10, 40);
    assertThat(check()).isEmpty();
    assertThat(checker.checkSpent("meter")).isEmpty();
    receipt("r3", "t3", 1, 60);

    assertThat(check()).contains(Kind.OVER_GRANT);
  }

  @Test
  void holdSettledTwice_otherOutcome_doubleEffect() {
    hold("r1", "t1", 6, 0);
    settle(Op.COMMIT, "t1", 4, 20, ended("COMMITTED", "t1", 4));
    settle(Op.CANCEL, "t1", 0, 40, ended("CANCELLED", "t1", 0));

    assertThat(check()).containsExactly(Kind.DOUBLE_EFFECT);
  }

  @Test
  void holdCommitted_laterBatchOtherOutcome_doubleEffect() {
    hold("r1", "t1", 6, 0);
    settle(Op.COMMIT, "t1", 4, 20, ended("COMMITTED", "t1", 4));
    assertThat(check()).isEmpty();
    settle(Op.COMMIT, "t1", 4, 40, ended("COMMITTED", "t1", 6));

    assertThat(check()).containsExactly(Kind.DOUBLE_EFFECT);
  }

  @Test
  void holdLapsedBeforeItsTtl_lost() {
    hold("r1", "t1", 6, 0);
    settle(Op.COMMIT, "t1", 4, 20, ended("HOLD_EXPIRED", "t1", 6));

    assertThat(check()).containsExactly(Kind.LOST_GRANT);
  }

  @Test
  void spentShortOfLimit_notExact() {
    receipt("r1", "t1", 9, 0);
    assertThat(check()).isEmpty();

    assertThat(checker.checkSpent("meter")).extracting(Fault::kind).containsExactly(Kind.NOT_EXACT);
  }

  // Nobody ever heard of the tenth unit; it may have been taken.
  @Test
  void spentShortOfLimit_oneUnknown_noFault() {
    receipt("r1", "t1", 9, 0);
    take(Op.ALLOCATE, "r2", "", 1, 1, 20, 30, new Answer.Unknown("DEADLINE_EXCEEDED"));
    assertThat(check()).isEmpty();

    assertThat(checker.checkSpent("meter")).isEmpty();
    assertThat(checker.taken("meter")).isEqualTo(new Checker.Taken(9, 10));
    assertThat(checker.openIds()).isEqualTo(1);
  }

  @Test
  void unexpectedRefusal_wrong() {
    take(Op.ALLOCATE, "r1", "", 1, 1, 0, 10, new Answer.Refused("REQUEST_ID_REUSED"));

    assertThat(check()).containsExactly(Kind.WRONG_ANSWER);
  }

  @Test
  void statusThatIsNoAnswer_wrong() {
    take(Op.ALLOCATE, "r1", "", 1, 1, 0, 10, new Answer.Rejected("INTERNAL rule broken"));

    assertThat(check()).containsExactly(Kind.WRONG_ANSWER);
  }

  private List<Kind> check() {
    List<Fault> faults = checker.check(calls);
    calls.clear();
    return faults.stream().map(Fault::kind).toList();
  }

  private void granted(String id, String session, String token, long start, long end) {
    attempt(id, session, 1, start, end, lease(token, TTL));
  }

  private void resumed(String id, String session, String token, long start, long end) {
    attempt(id, session, 1, start, end, new Answer.Granted("L" + token, token, TTL, true, 0));
  }

  private static Answer lease(String token, long ttl) {
    return new Answer.Granted("L" + token, token, ttl, false, 0);
  }

  private static Answer ended(String reason, String token) {
    return ended(reason, token, 0);
  }

  private static Answer ended(String reason, String token, long charged) {
    return new Answer.Ended(reason, "L" + token, charged);
  }

  private void attempt(
      String id, String session, int attempt, long start, long end, Answer answer) {
    take(Op.ALLOCATE, id, session, 1, attempt, start, end, answer);
  }

  private void receipt(String id, String token, long units, long start) {
    take(
        Op.ALLOCATE,
        id,
        "",
        units,
        1,
        start,
        start + 5,
        new Answer.Granted("L" + token, token, 0, false, 0));
  }

  private void hold(String id, String token, long units, long start) {
    take(
        Op.HOLD,
        id,
        "",
        units,
        1,
        start,
        start + 5,
        new Answer.Granted("L" + token, token, TTL, false, 0));
  }

  private void settle(Op op, String token, long units, long start, Answer answer) {
    calls.add(new Invocation(op, "meter", "", "", token, units, 1, start, start + 5, answer));
  }

  private void take(
      Op op,
      String id,
      String session,
      long units,
      int attempt,
      long start,
      long end,
      Answer answer) {
    String pool = session.isEmpty() ? "meter" : "seats";
    calls.add(new Invocation(op, pool, session, id, "", units, attempt, start, end, answer));
  }

  private void call(Op op, String session, String token, long start, long end, Answer answer) {
    calls.add(new Invocation(op, "seats", session, "", token, 1, 1, start, end, answer));
  }
}
