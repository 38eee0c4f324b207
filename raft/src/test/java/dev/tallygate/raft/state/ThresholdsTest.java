package dev.tallygate.raft.state;

import static dev.tallygate.raft.state.Scene.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A threshold is raised once for each time that use reaches it. */
final class ThresholdsTest {
  private Scene scene = Scene.of(Right.sessions("cad", 10).thresholds(80, 100));
  private int read;

  @AfterEach
  void tables_addUp() {
    assertEquals(Audit.run(scene.tables), scene.core.digest());
    assertEquals(List.of(), scene.alarms);
  }

  private Seen take(String holder, long units) {
    return scene.take("cad").holder(holder).units(units).go();
  }

  /** What was raised since the last call: per cents, and the use that reached them. */
  private List<List<Long>> raised() throws InvalidProtocolBufferException {
    List<List<Long>> found = new ArrayList<>();
    Bytes all = Bytes.of(scene.ledger.copy());
    for (; read < all.length(); read += LedgerLayout.BODY + all.getInt(read)) {
      if (all.getByte(read + LedgerLayout.KIND) != LedgerKind.LEDGER_KIND_THRESHOLD_VALUE) continue;
      LedgerBody body = LedgerBody.parseFrom(all.copy(read + LedgerLayout.BODY, all.getInt(read)));
      List<Long> of = new ArrayList<>();
      for (int percent : body.getThresholdsList()) of.add((long) percent);
      of.add(body.getCount());
      found.add(of);
    }
    return found;
  }

  @Test
  void grant_reachesAThreshold_raisesItOnce() throws Exception {
    take("ann", 7);
    assertEquals(List.of(), raised());
    take("bob", 1);
    assertEquals(List.of(List.of(80L, 8L)), raised());
    take("cid", 1);
    assertEquals(List.of(), raised());
    take("dan", 1);
    assertEquals(List.of(List.of(100L, 10L)), raised());
    take("eve", 1);
    assertEquals(List.of(), raised());
  }

  @Test
  void grant_reachesTwoAtOnce_raisesBothInOneRecord() throws Exception {
    take("ann", 10);
    assertEquals(List.of(List.of(80L, 100L, 10L)), raised());
  }

  @Test
  void return_belowAThreshold_armsItAgain() throws Exception {
    take("ann", 7);
    Seen bob = take("bob", 1);
    scene.release(bob);
    take("bob", 1);
    assertEquals(List.of(List.of(80L, 8L), List.of(80L, 8L)), raised());
  }

  /** A large pool that stays near its threshold says so once. */
  @Test
  void return_lessThanATwentiethBelow_armsNothing() throws Exception {
    scene = Scene.of(Right.sessions("cad", 1000).thresholds(80));
    take("ann", 750);
    Seen bob = take("bob", 50);
    assertEquals(List.of(List.of(80L, 800L)), raised());
    scene.release(bob);
    take("bob", 50);
    assertEquals(List.of(), raised());
    Seen cid = take("cid", 1);
    scene.release(cid);
    scene.release(scene.take("cad").holder("bob").units(50).go());
    scene.release(scene.take("cad").holder("ann").units(750).go());
    take("dan", 800);
    assertEquals(List.of(List.of(80L, 800L)), raised());
  }

  @Test
  void expiry_armsAgain() throws Exception {
    take("ann", 10);
    scene.pass(60 * SECOND);
    take("ann", 10);
    assertEquals(2, raised().size());
  }

  @Test
  void cutLimit_thatUseHasReached_raises() throws Exception {
    take("ann", 5);
    scene.setLimit("cad", 6, 0);
    assertEquals(List.of(List.of(80L, 5L)), raised());
    scene.setLimit("cad", 0, 0);
    assertEquals(List.of(List.of(100L, 5L)), raised());
    scene.clearLimit("cad");
    assertEquals(List.of(), raised());
    take("bob", 3);
    assertEquals(List.of(List.of(80L, 8L)), raised());
  }

  @Test
  void overrideEnds_underALowerLimit_raises() throws Exception {
    scene.setLimit("cad", 100, scene.wall() + 30 * SECOND);
    scene.take("cad").holder("ann").units(10).ttl(60 * SECOND).go();
    assertEquals(List.of(), raised());
    scene.pass(30 * SECOND);
    assertEquals(List.of(List.of(80L, 100L, 10L)), raised());
  }

  @Test
  void window_ends_armsAgain() throws Exception {
    scene = Scene.of(Right.calendar("calls", 10).thresholds(50));
    scene.take("calls").units(9).go();
    scene.pass(60 * SECOND);
    scene.take("calls").units(5).go();
    assertEquals(List.of(List.of(50L, 9L), List.of(50L, 5L)), raised());
  }

  @Test
  void catalog_otherThresholds_areLookedAtAtOnce() throws Exception {
    take("ann", 6);
    assertEquals(List.of(), raised());
    scene.catalog(Right.sessions("cad", 10).thresholds(60));
    assertEquals(List.of(List.of(60L, 6L)), raised());
    scene.catalog(Right.sessions("cad", 10).thresholds(50, 60));
    assertEquals(List.of(), raised());
  }

  @Test
  void nothing_taken_raisesNothing() throws Exception {
    scene.setLimit("cad", 0, 0);
    take("ann", 1);
    assertEquals(List.of(), raised());
  }

  @Test
  void proposal_thresholdsOutOfOrder_isInternalAndChangesNothing() {
    Seen seen = scene.catalog(Right.sessions("cad", 10).thresholds(100, 80));
    assertEquals(Outcome.Status.INTERNAL, seen.status());
    assertEquals(1, scene.alarms.size());
    scene.alarms.clear();
  }
}
