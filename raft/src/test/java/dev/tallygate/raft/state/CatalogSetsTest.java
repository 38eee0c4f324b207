package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tallygate.proto.log.v1.CatalogVersion;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Sets of a catalog, and its versions. */
final class CatalogSetsTest {
  private static final Right SEATS = Right.sessions("seats", 3);
  private static final Right CALLS = Right.rolling("calls", 3, 40 * Scene.SECOND, 4);
  private static final Seen DONE = Seen.done(null);

  private static TenantView tenant(Scene scene) {
    return Objects.requireNonNull(scene.core.view().tenant("default"));
  }

  private static CatalogVersion version(Scene scene, long number) {
    return Objects.requireNonNull(scene.core.view().reader().catalogVersion(tenant(scene), number));
  }

  private static Set<String> at(Scene scene, long number) {
    Map<String, dev.tallygate.proto.log.v1.Entitlement> catalog =
        scene.core.view().reader().catalogAt(tenant(scene), number);
    return Objects.requireNonNull(catalog).keySet();
  }

  @Test
  void set_applied_leavesTheOthersAsTheyAre() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").go();
    assertEquals(DONE, scene.set("team-b", CALLS));
    assertEquals("team-b", scene.entitlement("calls").set());
    assertEquals("s", scene.entitlement("seats").set());
    assertEquals(DONE, scene.set("team-b"));
    assertEquals(Set.of("seats"), tenant(scene).entitlements().keySet());
    assertEquals(Outcome.Status.GRANTED, scene.renew(lease).status());
  }

  @Test
  void set_nameOfAnotherSet_isInternalAndChangesNothing() {
    Scene scene = Scene.of(SEATS);
    assertEquals(Seen.internal(), scene.set("team-b", SEATS));
    assertEquals(Seen.internal(), scene.set("", CALLS));
    assertEquals(1, scene.version());
    assertEquals("s", scene.entitlement("seats").set());
  }

  @Test
  void set_boundOnEntitlements_isOverAllSets() {
    Scene scene = Scene.of(SEATS, CALLS);
    Right[] three = {Right.sessions("a", 1), Right.sessions("b", 1), Right.sessions("c", 1)};
    assertEquals(Seen.full(TableId.ENTITLEMENTS), scene.set("team-b", three));
    assertEquals(DONE, scene.set("team-b", three[0], three[1]));
  }

  @Test
  void entitlement_largerThanARow_isInternal() {
    Scene scene = Scene.of();
    Right large = Right.sessions("seats", 1).partitions(1_000);
    for (int i = 0; i < 300; i++) large = large.override(i + "x".repeat(250), 1);
    assertEquals(Seen.internal(), scene.catalog(large));
    assertEquals(1, scene.version());
  }

  @Test
  void version_kept_saysWhoDidWhatWhen() {
    Scene scene = Scene.of(SEATS, CALLS);
    scene.pass(5 * Scene.SECOND);
    scene.catalog(SEATS.limit(4), Right.sessions("more", 1));
    assertEquals(
        CatalogVersion.newBuilder()
            .setVersion(2)
            .setSet("s")
            .setCaller("admin")
            .setCivilUs(scene.wall())
            .setEntitlements(2)
            .setAdded(1)
            .setChanged(1)
            .setRemoved(1)
            .build(),
        version(scene, 2));
    assertEquals(Set.of("seats", "more"), at(scene, 2));
    assertEquals(Set.of("seats", "calls"), at(scene, 1));
    assertEquals(Set.of(), at(scene, 0));
  }

  @Test
  void versions_moreThanTheBound_theOldestGo() {
    Scene scene = Scene.of(SEATS);
    for (int limit = 4; limit < 8; limit++) scene.catalog(SEATS.limit(limit));
    Reader reader = scene.core.view().reader();
    assertEquals(5, scene.version());
    for (long gone : new long[] {1, 2}) {
      assertNull(reader.catalogVersion(tenant(scene), gone));
      assertNull(reader.catalogAt(tenant(scene), gone));
    }
    for (long kept : new long[] {3, 4, 5}) assertEquals(Set.of("seats"), at(scene, kept));
    assertEquals(6, scene.tables.table(TableId.CATALOG_VERSIONS).count());
  }

  /** Ten times as many rows as entitlements and one may stand, so 50 here; each version takes 9. */
  @Test
  void versions_thatTakeTooManyRows_goBeforeTheirTime() {
    Settings of = Scene.SETTINGS;
    Scene scene =
        new Scene(
            new Settings(
                of.tickUs(),
                of.requestWindowUs(),
                of.requestAheadUs(),
                of.civilLeadUs(),
                of.poolsMax(),
                of.leasesMax(),
                of.requestsMax(),
                of.subjectsMax(),
                of.tenantsMax(),
                of.entitlementsMax(),
                of.sweepMax(),
                of.ledgerSegmentBytes(),
                of.digestEvery(),
                of.voters(),
                1_000));
    for (int i = 0; i < 20; i++) {
      String turn = i % 2 == 0 ? "x" : "y";
      scene.catalog(
          Right.sessions("a" + turn, 1),
          Right.sessions("b" + turn, 1),
          Right.sessions("c" + turn, 1),
          Right.sessions("d" + turn, 1));
    }
    Reader reader = scene.core.view().reader();
    assertEquals(45, scene.tables.table(TableId.CATALOG_VERSIONS).count());
    assertNotNull(reader.catalogVersion(tenant(scene), 17));
    assertNull(reader.catalogVersion(tenant(scene), 16));
  }
}
