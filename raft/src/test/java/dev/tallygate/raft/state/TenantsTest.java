package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tenants come, are suspended, and end. */
final class TenantsTest {
  private static final Right SEATS = Right.sessions("cad", 50);

  private static Scene scene() {
    return Scene.of(SEATS);
  }

  private static void suspend(Scene scene, int tenant) {
    scene.one(new Call.Suspend(tenant, false, "unpaid"));
  }

  @Test
  void create_again_isTheSame() {
    Scene scene = scene();
    scene.one(new Call.NewTenant("acme"));
    scene.one(new Call.NewTenant("acme"));
    assertEquals(2, scene.core.view().tenants().size());
  }

  @Test
  void create_asManyAsThereMayBe_isFull() {
    Scene scene = scene();
    scene.one(new Call.NewTenant("acme"));
    assertEquals(TableId.TENANTS, scene.one(new Call.NewTenant("one-more")).bound());
  }

  @Test
  void suspended_allocate_isRefusedAfterTheRequestId() {
    Scene scene = scene();
    Scene.Ask ask = scene.take("cad");
    Seen grant = ask.go();
    suspend(scene, 1);
    assertEquals(
        RefusalReason.REFUSAL_REASON_SUSPENDED, scene.take("cad").session("other").go().refusal());
    assertEquals(RefusalReason.REFUSAL_REASON_SUSPENDED, scene.take("none").go().refusal());
    assertEquals(grant.token(), ask.go().token());
  }

  @Test
  void suspended_whatIsHeld_isRenewedReleasedAndRunsOut() {
    Scene scene = scene();
    Seen first = scene.take("cad").go();
    Seen second = scene.take("cad").session("two").go();
    suspend(scene, 1);
    assertEquals(Outcome.Status.GRANTED, scene.renew(first).status());
    assertEquals(EndReason.END_REASON_RELEASED, scene.release(first).end());
    scene.pass(3_600 * Scene.SECOND);
    assertEquals(EndReason.END_REASON_FORGOTTEN, scene.renew(second).end());
  }

  @Test
  void resumed_allocate_isGranted() {
    Scene scene = scene();
    suspend(scene, 1);
    scene.one(new Call.Suspend(1, true, "paid"));
    assertEquals(Outcome.Status.GRANTED, scene.take("cad").go().status());
  }

  @Test
  void delete_inUse_isLookedAtAgain() {
    Scene scene = scene();
    assertEquals(Outcome.Status.RETRY, scene.one(new Call.Delete(1, "left")).status());
    assertNotNull(scene.core.view().tenant("default"));
  }

  @Test
  void delete_numberThatNeverWas_isNotFound() {
    Scene scene = scene();
    assertEquals(
        RefusalReason.REFUSAL_REASON_NOT_FOUND, scene.one(new Call.Delete(7, "left")).refusal());
  }

  /** A million leases must not make an entry slow: no more rows of one kind than the bound. */
  @Test
  void delete_manyLeases_endsNoMoreAnEntryThanTheBound() {
    Scene scene = Scene.sweeping(3, SEATS);
    for (int i = 0; i < 10; i++) scene.take("cad").holder("h" + i).session("s" + i).go();
    suspend(scene, 1);
    scene.one(new Call.Delete(1, "left"));
    assertNull(scene.core.view().tenant("default"));
    long before = 10;
    while (scene.tables.table(TableId.LEASES).count() > 0) {
      scene.apply();
      assertTrue(scene.core.view().endsBehind());
      long now = scene.tables.table(TableId.LEASES).count();
      assertTrue(before - now <= 3, before + " leases, then " + now);
      before = now;
    }
    for (int i = 0; i < 10; i++) scene.apply();
    assertFalse(scene.core.view().endsBehind());
    assertTrue(scene.core.view().endingTenants().isEmpty());
    for (TableId id : List.of(TableId.TENANTS, TableId.POOLS, TableId.ENTITLEMENTS, TableId.NAMES))
      assertEquals(0, scene.tables.table(id).count(), id.name());
    new LedgerRecount().read(scene.ledger.copy());
  }

  @Test
  void delete_again_isDone() {
    Scene scene = scene();
    suspend(scene, 1);
    for (int i = 0; i < 3; i++)
      assertEquals(Outcome.Status.DONE, scene.one(new Call.Delete(1, "left")).status());
  }

  @Test
  void deletedAndMadeAgain_positionsAndNumbersGoOn() {
    Scene scene = scene();
    Seen old = scene.take("cad").go();
    suspend(scene, 1);
    scene.one(new Call.Delete(1, "left"));
    scene.apply();
    scene.one(new Call.NewTenant("default"));
    TenantView made = scene.core.view().tenant("default");
    assertNotNull(made);
    assertEquals(2, made.number());
    assertTrue(made.position() > old.token());
    assertEquals(
        EndReason.END_REASON_FORGOTTEN,
        scene.one(new Call.Touch(Call.Verb.RELEASE, 2, old.leaseId(), old.token(), 0)).end());
  }

  @Test
  void deleted_settledHold_keepsItsNameUntilTheOutcomeIsForgotten() {
    Scene scene = Scene.of(Right.calendar("calls", 5).holds(10 * Scene.SECOND, false));
    scene.take("calls").hold().go();
    suspend(scene, 1);
    scene.one(new Call.Delete(1, "left"));
    scene.apply();
    assertEquals(Outcome.Status.RETRY, scene.one(new Call.NewTenant("default")).status());
    scene.pass(600 * Scene.SECOND);
    assertEquals(Outcome.Status.DONE, scene.one(new Call.NewTenant("default")).status());
  }
}
