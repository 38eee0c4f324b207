package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Pools whose entitlement is removed, or counts in another way from now on, while units are out.
 */
final class RetirementTest {
  private static final long SECOND = Scene.SECOND;
  private static final Outcome.Status GRANTED = Outcome.Status.GRANTED;
  private static final RefusalReason EXHAUSTED = RefusalReason.REFUSAL_REASON_EXHAUSTED;

  private static final Right SESSIONS = Right.sessions("cad", 3);
  private static final Right METER = Right.rolling("cad", 3, 40 * SECOND, 4);
  private static final Right SEATS = Right.seats("cad", 3);
  private static final Right SITE = Right.site("cad");

  private static TenantView tenant(Scene scene) {
    return Objects.requireNonNull(scene.core.view().tenant("default"));
  }

  /** Counts of the retired pools of `cad`, and whether there are any. */
  private static Seen.Numbers retired(Scene scene) {
    List<Retired> retired = tenant(scene).retired("cad");
    assertEquals(1, retired.size());
    Reader reader = scene.core.view().reader();
    Span whole = new Span();
    whole.set("");
    assertEquals(true, reader.pool(tenant(scene), retired.getFirst().entitlement(), whole));
    return Seen.Numbers.of(reader.counts());
  }

  /** Counts of the pool of `cad` in the catalog, whether or not anything was taken from it. */
  private static Seen.Numbers counts(Scene scene) {
    Reader reader = scene.core.view().reader();
    Span whole = new Span();
    whole.set("");
    boolean unused = reader.pool(tenant(scene), scene.entitlement("cad"), whole);
    return Seen.Numbers.of(reader.counts());
  }

  private static void assertDrained(Scene scene) {
    assertEquals(List.of(), tenant(scene).retired("cad"));
    Audit.run(scene.tables);
  }

  private static void exhausted(Seen seen) {
    assertEquals(EXHAUSTED, seen.refusal());
  }

  /** Takes what a name has left under its new model: of three units, two are still out. */
  private static void oneIsLeft(Scene scene) {
    assertEquals(GRANTED, scene.take("cad").holder("new").go().status());
    exhausted(scene.take("cad").holder("newer").go());
    assertEquals(2, Objects.requireNonNull(scene.pool("cad")).carried());
    Audit.run(scene.tables);
  }

  /** Two sessions that are out: renewed as before, and back by Release and by their end. */
  private static void sessionsDrain(Right next) {
    Scene scene = Scene.of(SESSIONS);
    Seen one = scene.take("cad").session("1").go();
    Seen two = scene.take("cad").session("2").go();
    assertEquals(Outcome.Status.DONE, scene.catalog(next).status());
    assertEquals(new Seen.Numbers(0, 2, 0, 2, 0, 0, 0), retired(scene));
    assertEquals(20 * SECOND, scene.renew(one).ttl());
    if (next == SITE) {
      assertEquals(GRANTED, scene.take("cad").units(100).go().status());
    } else {
      oneIsLeft(scene);
    }
    assertEquals(EndReason.END_REASON_RELEASED, scene.release(one).end());
    assertEquals(new Seen.Numbers(0, 1, 0, 1, 0, 0, 0), retired(scene));
    if (next != SITE) assertEquals(GRANTED, scene.take("cad").holder("newer").go().status());
    scene.pass(22 * SECOND);
    assertEquals(EndReason.END_REASON_FORGOTTEN, scene.renew(two).end());
    assertDrained(scene);
  }

  @Test
  void sessionsToMeter_liveSessions_drainAndCount() {
    sessionsDrain(METER);
  }

  @Test
  void sessionsToSeats_liveSessions_drainAndCount() {
    sessionsDrain(SEATS);
  }

  @Test
  void sessionsToSite_liveSessions_drainAndNobodyIsRefused() {
    sessionsDrain(SITE);
  }

  /** One unit used and one on hold: settled as before, and back with the window. */
  private static void meterDrains(Right next) {
    Scene scene = Scene.of(METER);
    scene.take("cad").go();
    Seen hold = scene.take("cad").hold().go();
    assertEquals(Outcome.Status.DONE, scene.catalog(next).status());
    assertEquals(new Seen.Numbers(0, 2, 0, 0, 1, 0, 1), retired(scene));
    if (next == SITE) {
      assertEquals(GRANTED, scene.take("cad").units(100).go().status());
    } else {
      oneIsLeft(scene);
    }
    assertEquals(EndReason.END_REASON_COMMITTED, scene.commit(hold, 1).end());
    assertEquals(new Seen.Numbers(0, 2, 0, 0, 0, 0, 2), retired(scene));
    scene.pass(40 * SECOND - 1);
    assertEquals(2, retired(scene).used());
    scene.pass(10 * SECOND + 1);
    assertDrained(scene);
    if (next == SEATS) assertEquals(GRANTED, scene.take("cad").holder("newer").go().status());
  }

  @Test
  void meterToSessions_unitsUsedAndOnHold_countUntilTheWindowIsOver() {
    meterDrains(SESSIONS);
  }

  @Test
  void meterToSeats_unitsUsedAndOnHold_countUntilTheWindowIsOver() {
    meterDrains(SEATS);
  }

  @Test
  void meterToSite_unitsUsedAndOnHold_drainAndNobodyIsRefused() {
    meterDrains(SITE);
  }

  /** Two seats, one of which cools down: used as before, and back when they are taken. */
  private static void seatsDrain(Right next) {
    Scene scene = Scene.of(SEATS.coolDown(30 * SECOND));
    Seen one = scene.take("cad").holder("ann").go();
    Seen two = scene.take("cad").holder("ben").go();
    assertEquals(Outcome.Status.DONE, scene.catalog(next).status());
    assertEquals(new Seen.Numbers(0, 2, 0, 2, 0, 0, 0), retired(scene));
    assertEquals(GRANTED, scene.renew(one).status());
    if (next == SITE) {
      assertEquals(GRANTED, scene.take("cad").units(100).go().status());
    } else {
      oneIsLeft(scene);
    }
    assertEquals(EndReason.END_REASON_REVOKED, scene.revoke(one).end());
    assertEquals(new Seen.Numbers(0, 2, 0, 1, 0, 1, 0), retired(scene));
    scene.pass(30 * SECOND);
    assertEquals(new Seen.Numbers(0, 1, 0, 1, 0, 0, 0), retired(scene));
    assertEquals(EndReason.END_REASON_REVOKED, scene.revoke(two).end());
    assertDrained(scene);
  }

  @Test
  void seatsToSessions_assignedSeats_countUntilTheyAreTaken() {
    seatsDrain(SESSIONS);
  }

  @Test
  void seatsToMeter_assignedSeats_countUntilTheyAreTaken() {
    seatsDrain(METER);
  }

  @Test
  void seatsToSite_assignedSeats_drainAndNobodyIsRefused() {
    seatsDrain(SITE);
  }

  /** Use of a site is closed with its window, and takes nothing from anybody. */
  private static void siteDrains(Right next) {
    Scene scene = Scene.of(SITE);
    scene.take("cad").units(100).go();
    assertEquals(Outcome.Status.DONE, scene.catalog(next).status());
    assertEquals(100, retired(scene).used());
    for (int i = 0; i < 3; i++)
      assertEquals(GRANTED, scene.take("cad").holder("h" + i).go().status());
    exhausted(scene.take("cad").holder("newer").go());
    assertEquals(0, Objects.requireNonNull(scene.pool("cad")).carried());
    scene.pass(60 * SECOND);
    assertDrained(scene);
  }

  @Test
  void siteToSessions_unitsUsed_drainAndCountForNobody() {
    siteDrains(SESSIONS);
  }

  @Test
  void siteToMeter_unitsUsed_drainAndCountForNobody() {
    siteDrains(METER);
  }

  @Test
  void siteToSeats_unitsUsed_drainAndCountForNobody() {
    siteDrains(SEATS);
  }

  @Test
  void removedAndAddedAgain_asItWas_goesOn() {
    Scene scene = Scene.of(SESSIONS);
    Seen lease = scene.take("cad").session("1").go();
    for (int i = 0; i < 3; i++) {
      scene.catalog();
      assertEquals(1, retired(scene).held());
      scene.catalog(SESSIONS.limit(2));
      assertDrained(scene);
      assertEquals(new Seen.Numbers(2, 0, 1, 1, 0, 0, 0), scene.pool("cad"));
    }
    assertEquals(true, scene.take("cad").session("1").go().resumed());
    assertEquals(RefusalReason.REFUSAL_REASON_FENCED, scene.release(lease).refusal());
    assertEquals(GRANTED, scene.take("cad").session("2").go().status());
    exhausted(scene.take("cad").session("3").go());
  }

  @Test
  void removedAndAddedAgain_inEveryModelInTurn_neverGrantsTwice() {
    Scene scene = Scene.of(SESSIONS);
    scene.take("cad").session("1").go();
    for (Right next : List.of(SEATS, METER, SESSIONS)) {
      scene.catalog();
      scene.catalog(next);
      while (scene.take("cad").holder("h" + scene.key().id()).go().status() == GRANTED) {}
      Seen.Numbers pool = counts(scene);
      assertEquals(3, pool.held() + pool.used() + pool.carried(), () -> next.model() + ": " + pool);
      Audit.run(scene.tables);
    }
  }

  @Test
  void revived_whileItsSuccessorHasUnitsOut_carriesThem() {
    Scene scene = Scene.of(SESSIONS);
    scene.take("cad").session("1").go();
    scene.catalog(METER);
    scene.take("cad").go();
    scene.catalog(SESSIONS);
    assertEquals(new Seen.Numbers(3, 0, 1, 1, 0, 0, 0, 1, 0), scene.pool("cad"));
    assertEquals(1, retired(scene).used());
  }

  @Test
  void removed_nothingOutstanding_isGoneAtOnce() {
    Scene scene = Scene.of(SESSIONS, Right.sessions("viewer", 1));
    scene.release(scene.take("cad").go());
    scene.setLimit("viewer", 1, 0);
    scene.catalog();
    assertDrained(scene);
    assertEquals(0, scene.tables.table(TableId.POOLS).count());
    assertEquals(0, scene.tables.table(TableId.ENTITLEMENTS).count());
  }

  @Test
  void removed_itsNameIsNotFoundAndItsLeasesGoOn() {
    Scene scene = Scene.of(SESSIONS.linger(5 * SECOND));
    Seen lease = scene.take("cad").go();
    scene.catalog();
    assertNull(tenant(scene).entitlement("cad"));
    assertEquals(
        RefusalReason.REFUSAL_REASON_NOT_FOUND, scene.take("cad").session("2").go().refusal());
    assertEquals(GRANTED, scene.renew(lease).status());
    scene.release(lease);
    assertEquals(new Seen.Numbers(0, 1, 0, 0, 0, 1, 0), retired(scene));
    scene.pass(5 * SECOND);
    assertDrained(scene);
  }

  @Test
  void partitionsAsBefore_onlyTheSamePartitionCarries() {
    Scene scene = Scene.of(SESSIONS.partitions(5));
    scene.take("cad").partition("a").units(2).go();
    scene.catalog(METER.partitions(5));
    exhausted(scene.take("cad").partition("a").units(2).go());
    assertEquals(GRANTED, scene.take("cad").partition("b").units(3).go().status());
  }

  @Test
  void partitionsAnew_everyPartitionCarriesAll() {
    Scene scene = Scene.of(SESSIONS);
    Seen lease = scene.take("cad").units(2).go();
    scene.catalog(SESSIONS.partitions(5));
    exhausted(scene.take("cad").partition("a").units(2).go());
    exhausted(scene.take("cad").partition("b").units(2).go());
    assertEquals(GRANTED, scene.take("cad").partition("a").go().status());
    scene.release(lease);
    assertEquals(new Seen.Numbers(3, 0, 2, 1, 0, 0, 0), scene.pool("cad", "a"));
    assertEquals(GRANTED, scene.take("cad").partition("a").session("2").units(2).go().status());
    assertEquals(GRANTED, scene.take("cad").partition("b").units(3).go().status());
  }

  @Test
  void partitionsNoMore_allOfThemAreCarried() {
    Scene scene = Scene.of(SESSIONS.partitions(5));
    scene.take("cad").partition("a").go();
    scene.take("cad").partition("b").go();
    scene.catalog(SESSIONS);
    exhausted(scene.take("cad").session("2").units(2).go());
    assertEquals(GRANTED, scene.take("cad").session("2").go().status());
  }

  @Test
  void windowChanged_unitsOfTheOldCountUntilItIsOver() {
    Scene scene = Scene.of(Right.calendar("cad", 3));
    scene.take("cad").units(2).go();
    scene.catalog(METER);
    exhausted(scene.take("cad").units(2).go());
    assertEquals(Allocations.SESSION_RETRY_US, scene.retryAfter);
    scene.pass(60 * SECOND);
    assertDrained(scene);
    assertEquals(GRANTED, scene.take("cad").units(3).go().status());
  }

  @Test
  void limitSetBesideTheCatalog_endsWithRetirement() {
    Scene scene = Scene.of(SESSIONS);
    scene.setLimit("cad", 9, 0);
    Seen lease = scene.take("cad").units(5).go();
    scene.catalog();
    assertEquals(new Seen.Numbers(0, 5, 0, 5, 0, 0, 0), retired(scene));
    scene.catalog(SESSIONS);
    assertEquals(new Seen.Numbers(3, 2, 0, 5, 0, 0, 0), scene.pool("cad"));
    scene.release(lease);
    assertEquals(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0), scene.pool("cad"));
  }

  @Test
  void retiredEntitlements_moreThanTheBound_isFull() {
    Right[] first = {
      Right.sessions("a", 1), Right.sessions("b", 1), Right.sessions("c", 1), Right.sessions("d", 1)
    };
    Scene scene = Scene.of(first);
    for (Right right : first) scene.take(right.name()).go();
    Right other = Right.seats("a", 2);
    assertEquals(Outcome.Status.DONE, scene.catalog(other).status());
    scene.take("a").go();
    assertEquals(Seen.full(TableId.ENTITLEMENTS), scene.catalog());
    assertNotNull(tenant(scene).entitlement("a"));
    assertEquals(Outcome.Status.DONE, scene.catalog(first).status());
  }
}
