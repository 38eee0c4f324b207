package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SetLimit, catalogs, tenants, settings: what administrators do. */
final class LimitChangesTest {
  private static final long SECOND = Scene.SECOND;
  private static final Right SEATS = Right.sessions("seats", 3);
  private static final Right CALLS = Right.rolling("calls", 3, 40 * SECOND, 4);

  @Test
  void setLimit_cutBelowHeld_stopsGrantsAndDrains() {
    Scene scene = Scene.of(SEATS);
    Seen one = scene.take("seats").session("1").go();
    Seen two = scene.take("seats").session("2").go();
    scene.take("seats").session("3").go();
    Seen cut = scene.setLimit("seats", 1, 0);
    assertEquals(Seen.done(new Seen.Numbers(1, 2, 0, 3, 0, 0, 0)), cut);
    assertEquals(Outcome.Status.GRANTED, scene.renew(one).status());
    scene.release(one);
    assertEquals(new Seen.Numbers(1, 1, 0, 2, 0, 0, 0), scene.pool("seats"));
    Seen refused = scene.take("seats").session("4").go();
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, refused.refusal());
    scene.release(two);
    assertEquals(new Seen.Numbers(1, 0, 0, 1, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void setLimit_until_catalogLimitReturnsAtThatInstant() {
    Scene scene = Scene.of(SEATS);
    scene.setLimit("seats", 9, scene.wall() + 30 * SECOND);
    scene.take("seats").units(5).go();
    scene.pass(30 * SECOND - 1);
    Seen.Numbers before = scene.pool("seats");
    assertEquals(9, before == null ? 0 : before.limit());
    scene.pass(1);
    Seen.Numbers after = scene.pool("seats");
    assertEquals(3, after == null ? 0 : after.limit());
  }

  @Test
  void setLimit_clear_catalogLimitReturns() {
    Scene scene = Scene.of(SEATS);
    scene.setLimit("seats", 0, 0);
    assertEquals(RefusalReason.REFUSAL_REASON_EXHAUSTED, scene.take("seats").go().refusal());
    assertEquals(Seen.done(new Seen.Numbers(3, 0, 3, 0, 0, 0, 0)), scene.clearLimit("seats"));
  }

  @Test
  void setLimit_repeated_isDoneOnce() {
    Scene scene = Scene.of(SEATS);
    Call.Cap cap = new Call.Cap(1, scene.key(), 1, 1, "", 7, 0, false);
    scene.one(cap);
    scene.setLimit("seats", 2, 0);
    Seen again = scene.one(cap);
    assertEquals(Seen.done(new Seen.Numbers(2, 0, 2, 0, 0, 0, 0)).asRepeat(), again);
  }

  @Test
  void setLimit_refusals_inOrder() {
    Scene scene = Scene.of(SEATS);
    long version = scene.version();
    Call.Key old = scene.key("x", scene.wall() - 600 * SECOND);
    assertEquals(
        RefusalReason.REFUSAL_REASON_REQUEST_TOO_OLD,
        scene.one(new Call.Cap(1, old, 0, 9, "", 1, 0, false)).refusal());
    assertEquals(Seen.retry(), scene.one(new Call.Cap(1, scene.key(), 0, 9, "", 1, 0, false)));
    assertEquals(
        RefusalReason.REFUSAL_REASON_NOT_FOUND,
        scene.one(new Call.Cap(1, scene.key(), version, 9, "", 1, 0, false)).refusal());
    assertEquals(
        RefusalReason.REFUSAL_REASON_NOT_FOUND,
        scene.one(new Call.Cap(1, scene.key(), version, 1, "p", 1, 0, false)).refusal());
    assertEquals(
        RefusalReason.REFUSAL_REASON_NOT_FOUND,
        scene.one(new Call.Cap(7, scene.key(), version, 1, "", 1, 0, false)).refusal());
    assertEquals(
        Seen.internal(), scene.one(new Call.Cap(1, scene.key(), version, 1, "", -1, 0, false)));
  }

  @Test
  void catalog_limitChanged_movesPoolAtOnceAndEndsOverride() {
    Scene scene = Scene.of(SEATS);
    scene.setLimit("seats", 9, 0);
    scene.catalog(SEATS.linger(SECOND));
    assertEquals(new Seen.Numbers(9, 0, 9, 0, 0, 0, 0), scene.pool("seats"));
    scene.catalog(SEATS.limit(5));
    assertEquals(new Seen.Numbers(5, 0, 5, 0, 0, 0, 0), scene.pool("seats"));
  }

  @Test
  void catalog_outdatedVersion_isRetry() {
    Scene scene = Scene.of(SEATS);
    assertEquals(Seen.retry(), scene.one(new Call.Catalog(1, 0, "s", List.of(), "admin")));
    assertEquals(
        RefusalReason.REFUSAL_REASON_NOT_FOUND,
        scene.one(new Call.Catalog(7, 0, "s", List.of(), "admin")).refusal());
  }

  @Test
  void catalog_moreThanTheBound_isFull() {
    Scene scene = Scene.of();
    assertEquals(
        Seen.full(TableId.ENTITLEMENTS),
        scene.catalog(
            SEATS, CALLS, Right.sessions("c", 1), Right.sessions("d", 1), Right.sessions("e", 1)));
  }

  @Test
  void catalog_brokenEntitlement_isInternalAndChangesNothing() {
    Scene scene = Scene.of(SEATS, CALLS);
    scene.take("seats").go();
    scene.take("calls").go();
    long digest = Audit.run(scene.tables);
    for (Right broken :
        List.of(
            CALLS.limit(-1),
            CALLS.limit(Counts.LIMIT_MAX + 1),
            CALLS.override("p", -1),
            Right.rolling("calls", 3, 40 * SECOND, 0),
            Right.rolling("calls", 3, 40 * SECOND, 65),
            CALLS.holds(-1, false),
            Right.sessions("more", 1).linger(-1)))
      assertEquals(Seen.internal(), scene.catalog(SEATS.limit(9), broken));
    assertEquals(Seen.internal(), scene.catalog(SEATS, SEATS));
    assertEquals(1, scene.version());
    assertEquals(new Seen.Numbers(3, 0, 2, 1, 0, 0, 0), scene.pool("seats"));
    assertEquals(digest == Audit.run(scene.tables), false, "outcomes are part of the digest");
    assertEquals(8, scene.alarms.size());
  }

  @Test
  void tenants_moreThanTheBound_isFullAndAKnownOneIsDone() {
    Scene scene = Scene.of();
    assertEquals(Outcome.Status.DONE, scene.one(new Call.NewTenant("default")).status());
    assertEquals(Outcome.Status.DONE, scene.one(new Call.NewTenant("second")).status());
    assertEquals(Seen.full(TableId.TENANTS), scene.one(new Call.NewTenant("third")));
  }

  @Test
  void settings_outOfRange_isInternalAndKeepsWhatHolds() {
    Scene scene = Scene.of();
    Command broken =
        Command.newBuilder().setSettings(Scene.SETTINGS.proto().toBuilder().setTickUs(1)).build();
    Bytes entry = new Bytes(64);
    new EntryHeader().stamp(1, 1, 1).write(entry);
    byte[] command = broken.toByteArray();
    EntryHeader.command(entry, command, 0, command.length);
    scene.core.apply(
        1,
        9,
        entry.array(),
        0,
        entry.length(),
        (i, outcome) -> assertEquals(Outcome.Status.INTERNAL, outcome.status));
    assertEquals(Scene.SETTINGS, scene.core.view().settings());
  }

  @Test
  void entry_ofHigherFeatureLevel_throws() {
    Scene scene = Scene.of();
    Bytes entry = new Bytes(64);
    new EntryHeader().stamp(2, 1, 1).write(entry);
    assertThrows(
        CorruptStateException.class,
        () -> scene.core.apply(1, 9, entry.array(), 0, entry.length(), OutcomeSink.NOBODY));
  }

  @Test
  void refusalSummary_isRecordedUnderTheTenant() {
    Scene scene = Scene.of(SEATS);
    int before = scene.ledger.length();
    assertEquals(Outcome.Status.DONE, scene.one(new Call.Summary(1, 1, "", 9, 12)).status());
    assertEquals(true, scene.ledger.length() > before);
    assertEquals(
        RefusalReason.REFUSAL_REASON_NOT_FOUND,
        scene.one(new Call.Summary(7, 1, "", 9, 12)).refusal());
  }

  @Test
  void disputedDigest_stopsTakingAndLetsGivingBack() {
    Scene scene = Scene.of(SEATS);
    Seen lease = scene.take("seats").go();
    for (int node = 0; node < 3; node++) scene.one(new Call.Vote("n" + node, 16, node));
    assertEquals(16, scene.core.view().disputedIndex());
    assertEquals(Seen.retry(), scene.take("seats").session("t").go());
    assertEquals(Outcome.Status.ENDED, scene.release(lease).status());
  }
}
