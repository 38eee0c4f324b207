package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

/** site: nothing is limited, everything is counted. */
final class SitesTest {
  private static final Right SITE = Right.site("campus");

  private static void refused(RefusalReason why, Seen seen) {
    assertEquals(Outcome.Status.REFUSED, seen.status());
    assertEquals(why, seen.refusal());
  }

  @Test
  void use_anyNumberOfUnits_isGrantedAndCounted() {
    Scene scene = Scene.of(SITE);
    Seen seen = scene.take("campus").units(1_000_000_000_000L).go();
    assertEquals(GrantKind.GRANT_KIND_RECEIPT_VALUE, seen.grantKind());
    for (int i = 0; i < 50; i++) scene.take("campus").holder("h" + i).go();
    Seen.Numbers counts = scene.pool("campus");
    assertEquals(1_000_000_000_050L, counts == null ? -1 : counts.used());
  }

  @Test
  void window_over_countsAnew() {
    Scene scene = Scene.of(SITE);
    scene.take("campus").units(7).go();
    scene.pass(60 * Scene.SECOND);
    scene.take("campus").units(2).go();
    Seen.Numbers counts = scene.pool("campus");
    assertEquals(2, counts == null ? -1 : counts.used());
  }

  @Test
  void repeat_sameId_countsOnce() {
    Scene scene = Scene.of(SITE);
    Call.Take take = scene.take("campus").call();
    scene.one(take);
    assertTrue(scene.one(take).repeated());
    Seen.Numbers counts = scene.pool("campus");
    assertEquals(1, counts == null ? -1 : counts.used());
  }

  @Test
  void scope_questionOutside_isRefusedAndNotCounted() {
    Scene scene = Scene.of(SITE);
    refused(
        RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE,
        scene.take("campus").refusal(RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE_VALUE).go());
    assertEquals(null, scene.pool("campus"));
  }

  @Test
  void site_holdSessionKeyOrLimit_isWrongModel() {
    Scene scene = Scene.of(SITE);
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.take("campus").hold().go());
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.take("campus").session("s").go());
    refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, scene.setLimit("campus", 5, 0));
  }
}
