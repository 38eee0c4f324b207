package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Allocate grants, what it refuses and in which order, and what a repeated id is answered. */
final class AllocationsTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 2);
  private static final Right CALLS = Right.rolling("calls", 3, 40 * SECOND, 4);
  private static final Right DAILY = Right.calendar("daily", 3);

  private static void refused(RefusalReason why, Seen seen) {
    assertEquals(Outcome.Status.REFUSED, seen.status());
    assertEquals(why, seen.refusal());
  }

  private static void full(TableId bound, Seen seen) {
    assertEquals(Seen.full(bound), seen);
  }

  private static Settings bounds(long pools, long leases, long requests, long subjects) {
    Settings of = Scene.SETTINGS;
    return new Settings(
        of.tickUs(),
        of.requestWindowUs(),
        of.requestAheadUs(),
        of.civilLeadUs(),
        pools,
        leases,
        requests,
        subjects,
        of.tenantsMax(),
        of.entitlementsMax(),
        of.sweepMax(),
        of.ledgerSegmentBytes(),
        of.digestEvery(),
        of.voters(),
        of.catalogVersionsMax());
  }

  @Test
  void allocate_freeSeat_grantsLeaseForTtlOfEntitlement() {
    Scene scene = Scene.of(SEATS);
    Seen seen = scene.take("seats").go();
    assertEquals(Outcome.Status.GRANTED, seen.status());
    assertEquals(GrantKind.GRANT_KIND_LEASE_VALUE, seen.grantKind());
    assertEquals(20 * SECOND, seen.ttl());
    assertEquals(seen.leaseId(), seen.token());
    assertEquals(new Seen.Numbers(2, 0, 1, 1, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void allocate_ttlWanted_isCutToTheMost() {
    Scene scene = Scene.of(SEATS);
    assertEquals(5 * SECOND, scene.take("seats").ttl(5 * SECOND).go().ttl());
    assertEquals(60 * SECOND, scene.take("seats").session("t").ttl(90 * SECOND).go().ttl());
  }

  @Test
  void allocate_meter_grantsReceiptOfUsedUnits() {
    Scene scene = Scene.of(CALLS);
    Seen seen = scene.take("calls").units(2).go();
    assertEquals(GrantKind.GRANT_KIND_RECEIPT_VALUE, seen.grantKind());
    assertEquals(0, seen.ttl());
    assertEquals(new Seen.Numbers(3, 0, 1, 0, 0, 0, 2), scene.pool("calls"));
  }

  @Test
  void allocate_hold_takesUnitsWithoutCharge() {
    Scene scene = Scene.of(CALLS);
    Seen seen = scene.take("calls").hold().go();
    assertEquals(GrantKind.GRANT_KIND_HOLD_VALUE, seen.grantKind());
    assertEquals(15 * SECOND, seen.ttl());
    assertEquals(new Seen.Numbers(3, 0, 2, 0, 1, 0, 0), scene.pool("calls"));
  }

  @Test
  void allocate_issuedTenMinutesAgo_isTooOldFromThatInstant() {
    Scene scene = Scene.of(SEATS);
    long edge = scene.wall() - 600 * SECOND;
    refused(RefusalReason.REFUSAL_REASON_REQUEST_TOO_OLD, scene.take("seats").issued(edge).go());
    assertEquals(Outcome.Status.GRANTED, scene.take("seats").issued(edge + 1).go().status());
  }

  @Test
  void allocate_issuedMoreThanAMinuteAhead_isFromFuture() {
    Scene scene = Scene.of(SEATS);
    long edge = scene.wall() + 60 * SECOND;
    refused(
        RefusalReason.REFUSAL_REASON_REQUEST_FROM_FUTURE,
        scene.take("seats").issued(edge + 1).go());
    assertEquals(Outcome.Status.GRANTED, scene.take("seats").issued(edge).go().status());
  }

  @Test
  void allocate_otherContentUnderId_isReused() {
    Scene scene = Scene.of(SEATS);
    Call.Key key = scene.key();
    scene.take("seats").key(key).go();
    Call.Key other = new Call.Key(key.caller(), key.id(), key.issuedAt(), 43);
    refused(RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED, scene.take("seats").key(other).go());
  }

  @Test
  void allocate_sameIdOfOtherCaller_isAnotherRequest() {
    Scene scene = Scene.of(SEATS);
    Call.Key key = scene.key();
    Seen first = scene.take("seats").key(key).go();
    Call.Key other = new Call.Key("else", key.id(), key.issuedAt(), key.content());
    Seen second = scene.take("seats").session("t").key(other).go();
    assertNotEquals(first.token(), second.token());
  }

  @Test
  void allocate_unknownEntitlement_isNotFound() {
    refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, Scene.of(SEATS).take("nothing").go());
  }

  @Test
  void allocate_unknownTenant_isNotFound() {
    Scene scene = Scene.of(SEATS);
    Call.Take take = scene.take("seats").call();
    Call elsewhere =
        new Call.Take(7, take.key(), 1, 1, "", 1, "ann", 1, true, "s", 0, false, 0, 0, 0, false);
    refused(RefusalReason.REFUSAL_REASON_NOT_FOUND, scene.one(elsewhere));
  }

  @Test
  void allocate_holdOnSessions_isWrongModel() {
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, Scene.of(SEATS).take("seats").hold().go());
  }

  @Test
  void allocate_sessionKeyOnMeter_isWrongModel() {
    refused(
        RefusalReason.REFUSAL_REASON_WRONG_MODEL, Scene.of(CALLS).take("calls").session("s").go());
  }

  @Test
  void allocate_partitionAbsentOrUnasked_isPartitionUnknown() {
    Scene scene = Scene.of(SEATS, Right.sessions("teams", 1).partitions(2));
    refused(RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN, scene.take("teams").go());
    refused(
        RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN, scene.take("seats").partition("x").go());
  }

  @Test
  void allocate_partitionsMaxReached_isPartitionsExhaustedForNewOnesOnly() {
    Scene scene = Scene.of(Right.sessions("teams", 2).partitions(1));
    assertEquals(Outcome.Status.GRANTED, scene.take("teams").partition("a").go().status());
    refused(
        RefusalReason.REFUSAL_REASON_PARTITIONS_EXHAUSTED, scene.take("teams").partition("b").go());
    assertEquals(
        Outcome.Status.GRANTED, scene.take("teams").partition("a").session("t").go().status());
  }

  @Test
  void allocate_partitionIdleForAMinute_makesRoomForAnother() {
    Scene scene = Scene.of(Right.sessions("teams", 2).partitions(1));
    scene.release(scene.take("teams").partition("a").go());
    scene.pass(60 * SECOND - 1);
    assertEquals(new Seen.Numbers(2, 0, 2, 0, 0, 0, 0), scene.pool("teams", "a"));
    scene.pass(1);
    assertNull(scene.pool("teams", "a"));
    assertEquals(Outcome.Status.GRANTED, scene.take("teams").partition("b").go().status());
  }

  @Test
  void allocate_limitOverrideOfPartition_counts() {
    Scene scene = Scene.of(Right.sessions("teams", 2).partitions(9).override("big", 5));
    scene.take("teams").partition("big").units(5).go();
    assertEquals(new Seen.Numbers(5, 0, 0, 5, 0, 0, 0), scene.pool("teams", "big"));
  }

  @Test
  void allocate_liveSessionWithOtherUnits_isUnitsDiffer() {
    Scene scene = Scene.of(SEATS);
    scene.take("seats").go();
    refused(RefusalReason.REFUSAL_REASON_UNITS_DIFFER, scene.take("seats").units(2).go());
  }

  @Test
  void allocate_seatsExhausted_refusedWithoutCounting() {
    Scene scene = Scene.of(SEATS);
    scene.take("seats").units(2).go();
    Seen seen = scene.take("seats").holder("bob").go();
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen);
    assertEquals(new Seen.Numbers(2, 0, 0, 2, 0, 0, 0), seen.pool());
    assertEquals(1_000_000, scene.retryAfter);
    assertEquals(seen.pool(), scene.pool("seats"));
  }

  @Test
  void allocate_windowSpent_refusalSaysWhenTheOldestSliceLeaves() {
    Scene scene = Scene.of(CALLS);
    scene.pass(3 * SECOND);
    scene.take("calls").units(3).go();
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("calls").go());
    assertEquals(47 * SECOND, scene.retryAfter);
  }

  @Test
  void allocate_calendarSpent_refusalSaysWhenTheWindowEnds() {
    Scene scene = Scene.of(DAILY);
    scene.pass(13 * SECOND);
    scene.take("daily").units(3).go();
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("daily").go());
    assertEquals(47 * SECOND, scene.retryAfter);
  }

  @Test
  void allocate_refusalOfProposer_isKeptForTheId() {
    Scene scene = Scene.of(SEATS);
    Call.Key key = scene.key();
    refused(
        RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN,
        scene.take("seats").key(key).refusal(6).go());
    Seen again = scene.take("seats").key(key).go();
    refused(RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN, again);
    assertTrue(again.repeated());
  }

  @Test
  void allocate_bounds_areFullByName() {
    Right teams = Right.sessions("teams", 9).partitions(9);
    Scene pools = new Scene(bounds(1, 9, 9, 9), teams);
    pools.take("teams").partition("a").go();
    full(TableId.POOLS, pools.take("teams").partition("b").go());
    Scene leases = new Scene(bounds(9, 1, 9, 9), teams, CALLS);
    leases.take("teams").partition("a").go();
    full(TableId.LEASES, leases.take("teams").partition("a").session("t").go());
    full(TableId.LEASES, leases.take("calls").hold().go());
    assertEquals(Outcome.Status.GRANTED, leases.take("calls").go().status());
    Scene requests = new Scene(bounds(9, 9, 1, 9), teams);
    requests.take("teams").partition("a").go();
    full(TableId.REQUESTS, requests.take("teams").partition("a").session("t").go());
    Scene subjects = new Scene(bounds(9, 9, 9, 1), teams);
    subjects.take("teams").partition("a").go();
    full(TableId.SUBJECTS, subjects.take("teams").partition("a").holder("bob").go());
  }

  @Test
  void allocate_sweepBehind_nothingIsExhaustedWhileALeaseMayBeDue() {
    Scene scene = Scene.sweeping(1, SEATS, CALLS);
    scene.take("seats").go();
    scene.take("seats").session("t").go();
    scene.take("calls").units(3).go();
    Scene.Ask both = scene.take("seats").session("u").units(2);

    scene.pass(20 * SECOND);
    scene.time += 20 * SECOND;
    List<Seen> seen = scene.apply(both.call(), scene.take("calls").call());

    assertEquals(Seen.retry(), seen.get(0));
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, seen.get(1));
    assertEquals(Outcome.Status.GRANTED, both.go().status());
    assertEquals(new Seen.Numbers(2, 0, 0, 2, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void allocate_outdatedCatalogVersion_isRetryAndKeepsNothing() {
    Scene scene = Scene.of(SEATS);
    Call.Key key = scene.key();
    assertEquals(Seen.retry(), scene.take("seats").key(key).version(0).go());
    assertEquals(Outcome.Status.GRANTED, scene.take("seats").key(key).go().status());
  }

  @Test
  void allocate_termWithoutMedian_isRetry() {
    Scene scene = Scene.of(SEATS);
    scene.term = 2;
    scene.median = false;
    assertEquals(Seen.retry(), scene.take("seats").go());
    scene.median = true;
    assertEquals(Outcome.Status.GRANTED, scene.take("seats").go().status());
  }

  @Test
  void allocate_windowThatIsNotNow_isRetry() {
    Scene scene = Scene.of(DAILY);
    assertEquals(Seen.retry(), scene.take("daily").window(scene.wall() + 1).go());
    assertEquals(Seen.retry(), scene.take("daily").window(scene.wall() - SimClock.MINUTE).go());
  }

  @Test
  void allocate_subjectReferenceTaken_isRetry() {
    Scene scene = Scene.of(SEATS);
    scene.take("seats").subjectRef(7).go();
    assertEquals(Seen.retry(), scene.take("seats").holder("bob").subjectRef(7).go());
    assertEquals(Seen.retry(), scene.take("seats").holder("bob").subjectRef(0).go());
  }

  @Test
  void allocate_newSubjectTwiceInOneEntry_keepsTheFirstReference() {
    Scene scene = Scene.of(SEATS);
    scene.apply(
        scene.take("seats").subjectRef(7).call(),
        scene.take("seats").session("t").subjectRef(8).call());
    Span ann = new Span();
    ann.set("ann");
    TenantView tenant = scene.core.view().tenants().get("default");
    assertTrue(tenant != null);
    assertEquals(7, scene.core.view().reader().subjectRef(tenant, ann));
    assertEquals("ann", scene.core.view().reader().subjectName(1, 7));
    assertNull(scene.core.view().reader().subjectName(1, 8));
  }

  @Test
  void allocate_unitsOutOfRange_isInternalAndChangesNothing() {
    Scene scene = Scene.of(CALLS);
    assertEquals(Seen.internal(), scene.take("calls").units(0).go());
    assertEquals(Seen.internal(), scene.take("calls").units(1_000_000_000_001L).go());
    assertNull(scene.pool("calls"));
    assertEquals(2, scene.alarms.size());
  }

  @Test
  void allocate_idTwiceInOneEntry_isGrantedOnce() {
    Scene scene = Scene.of(CALLS);
    Call.Take take = scene.take("calls").call();
    List<Seen> seen = scene.apply(take, take);
    assertEquals(seen.get(0).asRepeat(), seen.get(1));
    assertEquals(new Seen.Numbers(3, 0, 2, 0, 0, 0, 1), scene.pool("calls"));
  }

  @Test
  void repeat_liveLease_answersSameTokenAndWhatIsLeft() {
    Scene scene = Scene.of(SEATS);
    Call.Take take = scene.take("seats").call();
    Seen first = scene.one(take);
    scene.pass(8 * SECOND);
    Seen again = scene.one(take);
    assertEquals(first.token(), again.token());
    assertEquals(12 * SECOND, again.ttl());
    assertTrue(again.repeated());
    scene.pass(13 * SECOND);
    assertEquals(0, scene.one(take).ttl());
  }

  @Test
  void repeat_refusal_isRefusedAgainAlthoughUnitsAreFreeNow() {
    Scene scene = Scene.of(SEATS);
    Seen held = scene.take("seats").units(2).go();
    Call.Take take = scene.take("seats").holder("bob").call();
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.one(take));
    scene.release(held);
    refused(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.one(take));
  }

  @Test
  void requestWindowGrows_idOnceTooOld_staysTooOld() {
    Scene scene = Scene.of(CALLS);
    Call.Take take = scene.take("calls").call();
    scene.one(take);
    scene.pass(700 * SECOND);
    Settings of = Scene.SETTINGS;
    scene.one(
        new Call.Tune(
            new Settings(
                of.tickUs(),
                3600 * SECOND,
                of.requestAheadUs(),
                of.civilLeadUs(),
                100,
                100,
                1000,
                100,
                2,
                4,
                1000,
                1 << 20,
                16,
                3,
                3)));
    refused(RefusalReason.REFUSAL_REASON_REQUEST_TOO_OLD, scene.one(take));
  }
}
