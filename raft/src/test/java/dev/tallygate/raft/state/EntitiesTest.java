package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tallygate.proto.log.v1.Entity;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is stored of entities, and what becomes of their leases when they are removed. */
final class EntitiesTest {
  private static final Right SESSIONS = Right.sessions("cad", 50);
  private long references = 1_000;

  private Seen put(Scene scene, String source, Map<String, String> attributes, String... removed) {
    return scene.one(
        new Call.Put(1, "ann", source, attributes, List.of(removed), false, 0, references++));
  }

  private static Seen remove(Scene scene, String entity) {
    return scene.one(new Call.Forget(1, entity, 0, "left the company"));
  }

  private static Map<String, String> stored(Scene scene) {
    Reader reader = scene.core.view().reader();
    Span name = new Span();
    name.set("ann");
    Entity entity = reader.entity(tenant(scene), name);
    Map<String, String> found = new TreeMap<>();
    if (entity != null)
      for (var attribute : entity.getAttributesList())
        found.put(attribute.getName(), attribute.getValue().getStringValue());
    return found;
  }

  private static long position(Scene scene) {
    Reader reader = scene.core.view().reader();
    Span name = new Span();
    name.set("ann");
    Object unused = reader.entity(tenant(scene), name);
    return reader.entityPosition();
  }

  private static TenantView tenant(Scene scene) {
    return Objects.requireNonNull(scene.core.view().tenant("default"));
  }

  @Test
  void put_attributes_areStoredWithThePositionOfTheirChange() {
    Scene scene = Scene.of(SESSIONS);
    put(scene, "hr", Map.of("role", "admin"));
    long first = position(scene);
    assertEquals(tenant(scene).position(), first);
    put(scene, "mdm", Map.of("disk", "encrypted"));
    assertEquals(Map.of("role", "admin", "disk", "encrypted"), stored(scene));
    assertTrue(position(scene) > first);
  }

  @Test
  void put_whatStands_movesNothing() {
    Scene scene = Scene.of(SESSIONS);
    put(scene, "hr", Map.of("role", "admin"));
    long before = tenant(scene).position();
    assertEquals(Outcome.Status.DONE, put(scene, "hr", Map.of("role", "admin")).status());
    assertEquals(before, tenant(scene).position());
  }

  @Test
  void put_attributeOfAnotherSource_isLookedAtAgainAndChangesNothing() {
    Scene scene = Scene.of(SESSIONS);
    put(scene, "hr", Map.of("role", "admin"));
    assertEquals(
        Outcome.Status.RETRY, put(scene, "mdm", Map.of("role", "guest", "x", "y")).status());
    assertEquals(Outcome.Status.RETRY, put(scene, "mdm", Map.of(), "role").status());
    assertEquals(Map.of("role", "admin"), stored(scene));
    put(scene, "hr", Map.of(), "role");
    assertEquals(Outcome.Status.DONE, put(scene, "mdm", Map.of("role", "guest")).status());
  }

  @Test
  void put_allOfASource_leavesOthersAlone() {
    Scene scene = Scene.of(SESSIONS);
    put(scene, "hr", Map.of("role", "admin", "team", "cad"));
    put(scene, "mdm", Map.of("disk", "encrypted"));
    scene.one(new Call.Put(1, "ann", "hr", Map.of("team", "render"), List.of(), true, 0, 1));
    assertEquals(Map.of("team", "render", "disk", "encrypted"), stored(scene));
  }

  @Test
  void put_expectedPositionIsNotItsOwn_isLookedAtAgain() {
    Scene scene = Scene.of(SESSIONS);
    put(scene, "hr", Map.of("role", "admin"));
    long stands = position(scene);
    Call stale = new Call.Put(1, "ann", "hr", Map.of("role", "x"), List.of(), false, stands - 1, 9);
    assertEquals(Outcome.Status.RETRY, scene.one(stale).status());
    Call fresh = new Call.Put(1, "ann", "hr", Map.of("role", "x"), List.of(), false, stands, 9);
    assertEquals(Outcome.Status.DONE, scene.one(fresh).status());
  }

  @Test
  void put_moreThanOneEntityTakes_isLookedAtAgain() {
    Scene scene = Scene.of(SESSIONS);
    Map<String, String> many = new TreeMap<>();
    for (int i = 0; i < Attributes.COUNT_MAX; i++) many.put("a" + i, "v");
    assertEquals(Outcome.Status.DONE, put(scene, "hr", many).status());
    assertEquals(Outcome.Status.RETRY, put(scene, "mdm", Map.of("one-more", "v")).status());
    assertEquals(
        Outcome.Status.RETRY,
        put(
                scene,
                "hr",
                Map.of(
                    "a0",
                    "x".repeat(4_096),
                    "a1",
                    "x".repeat(4_096),
                    "a2",
                    "x".repeat(4_096),
                    "a3",
                    "x".repeat(4_096)))
            .status());
  }

  @Test
  void put_unchecked_isAFaultThatChangesNothing() {
    Scene scene = Scene.of(SESSIONS);
    for (Map<String, String> bad :
        List.of(Map.of("", "v"), Map.of("n".repeat(65), "v"), Map.of("a", "x".repeat(4_097))))
      assertEquals(Outcome.Status.INTERNAL, put(scene, "hr", bad).status());
    assertEquals(Outcome.Status.INTERNAL, put(scene, "", Map.of("a", "v")).status());
    assertEquals(Map.of(), stored(scene));
    assertEquals(4, scene.alarms.size());
  }

  @Test
  void put_inATenantThatIsNotThere_isNotFound() {
    Scene scene = Scene.of(SESSIONS);
    Call call = new Call.Put(5, "ann", "hr", Map.of("a", "v"), List.of(), false, 0, 7);
    assertEquals(RefusalReason.REFUSAL_REASON_NOT_FOUND, scene.one(call).refusal());
  }

  @Test
  void remove_entity_endsWhatItHoldsAndNothingElse() {
    Scene scene = Scene.of(SESSIONS);
    put(scene, "hr", Map.of("role", "admin"));
    Seen anns = scene.take("cad").go();
    Seen bobs = scene.take("cad").holder("bob").go();
    remove(scene, "ann");
    assertEquals(Map.of(), stored(scene));
    scene.apply();
    assertEquals(EndReason.END_REASON_FORGOTTEN, scene.renew(anns).end());
    assertEquals(Outcome.Status.GRANTED, scene.renew(bobs).status());
    Seen.Numbers pool = scene.pool("cad");
    assertNotNull(pool);
    assertEquals(1, pool.held());
    new LedgerRecount().read(scene.ledger.copy());
  }

  @Test
  void remove_subjectThatIsNotStored_endsWhatItHolds() {
    Scene scene = Scene.of(SESSIONS);
    Seen anns = scene.take("cad").go();
    remove(scene, "ann");
    scene.apply();
    assertEquals(EndReason.END_REASON_FORGOTTEN, scene.renew(anns).end());
  }

  @Test
  void remove_whatIsTakenLater_stays() {
    Scene scene = Scene.of(SESSIONS);
    scene.take("cad").go();
    Seen later =
        scene
            .apply(new Call.Forget(1, "ann", 0, "left"), scene.take("cad").session("new").call())
            .getLast();
    scene.apply();
    assertEquals(Outcome.Status.GRANTED, scene.renew(later).status());
  }

  @Test
  void remove_seat_coolsDown() {
    Scene scene = Scene.of(Right.seats("desk", 1).coolDown(100 * Scene.SECOND));
    scene.take("desk").go();
    remove(scene, "ann");
    scene.apply();
    Seen.Numbers pool = scene.pool("desk");
    assertNotNull(pool);
    assertEquals(1, pool.cooling());
  }

  /** The walk reads and ends no more an entry than the bound, and meets every lease. */
  @Test
  void remove_oneOfMany_endsNoMoreAnEntryThanTheBound() {
    Scene scene = Scene.sweeping(2, SESSIONS);
    for (int i = 0; i < 30; i++)
      scene.take("cad").holder(i % 3 == 0 ? "ann" : "h" + i).session("s" + i).go();
    remove(scene, "ann");
    long before = 30;
    for (int entries = 0; scene.tables.table(TableId.ENTITIES).count() > 0; entries++) {
      assertTrue(entries < 20, "the walk does not end");
      scene.apply();
      long now = scene.tables.table(TableId.LEASES).count();
      assertTrue(before - now <= 2, before + " leases, then " + now);
      before = now;
    }
    assertEquals(20, before);
  }

  @Test
  void remove_inAnotherTenant_touchesNothing() {
    Scene scene = Scene.of(SESSIONS);
    scene.one(new Call.NewTenant("acme"));
    Seen anns = scene.take("cad").go();
    put(scene, "hr", Map.of("role", "admin"));
    scene.one(new Call.Forget(2, "ann", 0, "left"));
    scene.apply();
    assertEquals(Outcome.Status.GRANTED, scene.renew(anns).status());
    assertEquals(Map.of("role", "admin"), stored(scene));
  }

  @Test
  void entities_asManyAsThereMayBe_oneMoreIsFull() {
    Scene scene = Scene.of(SESSIONS);
    for (int i = 0; i < 100; i++)
      scene.one(new Call.Put(1, "e" + i, "hr", Map.of(), List.of(), false, 0, 1 + i));
    assertEquals(
        TableId.ENTITIES,
        scene.one(new Call.Put(1, "more", "hr", Map.of(), List.of(), false, 0, 500)).bound());
    assertNull(scene.one(new Call.Forget(1, "e0", 0, "left")).bound());
  }
}
