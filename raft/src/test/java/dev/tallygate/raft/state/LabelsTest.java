package dev.tallygate.raft.state;

import static dev.tallygate.raft.state.Scene.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What stands under a label is released in one call; a blocked label takes nothing. */
final class LabelsTest {
  private static final String PR = "env=pr-7";

  private Scene scene = Scene.of(Right.sessions("cad", 5));

  @AfterEach
  void tables_addUp() {
    assertEquals(Audit.run(scene.tables), scene.core.digest());
    assertEquals(List.of(), scene.alarms);
  }

  private Seen session(String holder, String... labels) {
    return scene.take("cad").holder(holder).labels(labels).go();
  }

  private long rows() {
    return scene.tables.table(TableId.LABELS).count();
  }

  private static Seen refused(Seen seen, RefusalReason why) {
    assertEquals(why, seen.refusal());
    return seen;
  }

  private List<LedgerBody> records(LedgerKind kind) throws InvalidProtocolBufferException {
    List<LedgerBody> found = new ArrayList<>();
    byte[] all = scene.ledger.copy();
    Bytes bytes = Bytes.of(all);
    for (int at = 0; at < all.length; at += LedgerLayout.BODY + bytes.getInt(at))
      if (bytes.getByte(at + LedgerLayout.KIND) == kind.getNumber())
        found.add(LedgerBody.parseFrom(bytes.copy(at + LedgerLayout.BODY, bytes.getInt(at))));
    return found;
  }

  @Test
  void release_everythingUnderALabel_isEndedAndFreeAtOnce() throws InvalidProtocolBufferException {
    scene = Scene.of(Right.sessions("cad", 5).linger(30 * SECOND));
    Seen one = session("ann", PR, "team=a");
    Seen two = session("bob", PR);
    scene.release(two);
    Seen other = session("cid", "team=a");
    assertEquals(Seen.done(2, 0, false, null), scene.free(PR));
    Seen.Numbers pool = scene.pool("cad");
    assertNotNull(pool);
    assertEquals(1, pool.held());
    assertEquals(0, pool.cooling());
    assertEquals(EndReason.END_REASON_FORGOTTEN, scene.renew(one).end());
    assertEquals(Outcome.Status.GRANTED, scene.renew(other).status());
    List<LedgerBody> revoked = records(LedgerKind.LEDGER_KIND_REVOKED);
    assertEquals(2, revoked.size());
    for (LedgerBody record : revoked) {
      assertEquals(List.of(PR), record.getLabelsList());
      assertEquals("torn down", record.getDetail());
    }
    assertEquals(2, records(LedgerKind.LEDGER_KIND_LABEL_RELEASED).getFirst().getCount());
    assertEquals(
        List.of(PR, "team=a"), records(LedgerKind.LEDGER_KIND_GRANTED).getFirst().getLabelsList());
  }

  @Test
  void release_labelOfNobody_endsNothing() {
    session("ann", "env=pr-70");
    session("bob");
    assertEquals(Seen.done(0, 0, false, null), scene.free(PR));
    assertEquals(2, rows());
  }

  /**
   * The rest is named by a token, so that what comes meanwhile is not released by a call before.
   */
  @Test
  void release_moreThanAnEntryMay_saysSoAndGoesOnUpToThere() {
    scene = Scene.sweeping(2, Right.sessions("cad", 9));
    for (int i = 0; i < 5; i++) session("h" + i, PR);
    Seen first = scene.free(PR);
    assertEquals(2, first.units());
    assertNotEquals(0, first.token());
    Seen late = session("late", PR);
    Seen again = session("h4", PR);
    assertEquals(2, scene.free(PR, first.token()).units());
    assertEquals(Seen.done(0, 0, false, null), scene.free(PR, first.token()));
    assertEquals(Outcome.Status.GRANTED, scene.renew(late).status());
    // Resumed under a new token since: it is not what stood there when the release was asked for.
    assertEquals(Outcome.Status.GRANTED, scene.renew(again).status());
  }

  @Test
  void release_twiceInOneEntry_sharesTheBound() {
    scene = Scene.sweeping(2, Right.sessions("cad", 9));
    for (int i = 0; i < 3; i++) session("h" + i, PR);
    List<Seen> seen =
        scene.apply(
            new Call.Free(1, scene.key(), PR, "a", 0), new Call.Free(1, scene.key(), PR, "b", 0));
    assertEquals(2, seen.get(0).units());
    assertEquals(0, seen.get(1).units());
    assertNotEquals(0, seen.get(1).token());
  }

  @Test
  void release_repeatedId_answersWhatWasDoneAndDoesNothing() {
    session("ann", PR);
    Call.Free call = new Call.Free(1, scene.key(), PR, "merged", 0);
    assertEquals(1, scene.one(call).units());
    Seen late = session("bob", PR);
    assertEquals(Seen.done(1, 0, true, null), scene.one(call));
    assertEquals(Outcome.Status.GRANTED, scene.renew(late).status());
  }

  @Test
  void release_hold_isGivenBackInFullAndItsReceiptsStay() {
    scene = Scene.of(Right.rolling("calls", 10, 60 * SECOND, 6));
    Seen receipt = scene.take("calls").units(3).labels(PR).go();
    Seen hold = scene.take("calls").units(4).hold().labels(PR).go();
    assertEquals(2, rows());
    assertEquals(1, scene.free(PR).units());
    Seen.Numbers pool = scene.pool("calls");
    assertNotNull(pool);
    assertEquals(receipt.units(), pool.used());
    assertEquals(0, pool.onHold());
    assertEquals(EndReason.END_REASON_REVOKED, scene.commit(hold, 4).end());
    assertEquals(0, rows());
  }

  @Test
  void release_seat_coolsDownAndStandsUnderNoLabel() {
    scene = Scene.of(Right.seats("desk", 1).coolDown(60 * SECOND));
    Seen seat = scene.take("desk").labels(PR).go();
    assertEquals(seat.token(), scene.take("desk").go().token());
    assertEquals(1, scene.free(PR).units());
    assertEquals(0, scene.free(PR).units());
    refused(scene.take("desk").holder("bob").go(), RefusalReason.REFUSAL_REASON_EXHAUSTED);
    scene.take("desk").labels("env=pr-8").go();
    assertEquals(1, scene.free("env=pr-8").units());
  }

  @Test
  void resume_otherLabels_takeThePlaceOfThose() {
    session("ann", PR);
    Seen again = session("ann", "env=pr-8");
    assertEquals(0, scene.free(PR).units());
    assertEquals(Outcome.Status.GRANTED, scene.renew(again).status());
    assertEquals(1, scene.free("env=pr-8").units());
  }

  @Test
  void lease_endsByItself_leavesItsLabel() {
    session("ann", PR);
    Seen two = session("bob", PR);
    session("cid", PR);
    scene.release(two);
    assertEquals(3, rows());
    scene.pass(60 * SECOND);
    assertEquals(0, rows());
  }

  @Test
  void lease_withoutLabels_writesNoRows() {
    session("ann");
    assertEquals(0, rows());
  }

  @Test
  void label_rowsAtTheBound_isFull() {
    Settings of = Scene.SETTINGS;
    scene =
        new Scene(
            new Settings(
                of.tickUs(),
                of.requestWindowUs(),
                of.requestAheadUs(),
                of.civilLeadUs(),
                of.poolsMax(),
                2,
                of.requestsMax(),
                of.subjectsMax(),
                of.tenantsMax(),
                of.entitlementsMax(),
                of.sweepMax(),
                of.ledgerSegmentBytes(),
                of.digestEvery(),
                of.voters(),
                of.catalogVersionsMax()),
            Right.sessions("cad", 5));
    assertEquals(Outcome.Status.GRANTED, session("ann", "a=1", "b=2").status());
    assertEquals(Seen.full(TableId.LABELS), session("bob", "a=1"));
    assertEquals(Outcome.Status.GRANTED, session("bob").status());
  }

  /**
   * Giving back and taking nothing need no space: they are for the very moment when there is none.
   */
  @Test
  void request_idsAtTheBound_labelsAreReleasedAndBlockedAllTheSame() {
    Settings of = Scene.SETTINGS;
    scene =
        new Scene(
            new Settings(
                of.tickUs(),
                of.requestWindowUs(),
                of.requestAheadUs(),
                of.civilLeadUs(),
                of.poolsMax(),
                of.leasesMax(),
                1,
                of.subjectsMax(),
                of.tenantsMax(),
                of.entitlementsMax(),
                of.sweepMax(),
                of.ledgerSegmentBytes(),
                of.digestEvery(),
                of.voters(),
                of.catalogVersionsMax()),
            Right.sessions("cad", 5));
    session("ann", PR);
    assertEquals(Seen.full(TableId.REQUESTS), session("bob"));
    assertEquals(Seen.done(1, 0, false, null), scene.free(PR));
    assertEquals(Outcome.Status.DONE, scene.block(PR, scene.wall() + 40 * SECOND).status());
  }

  @Test
  void block_untilATime_takesNothingUnderItAndThenAgain() {
    Seen before = session("ann", PR);
    scene.block(PR, scene.wall() + 40 * SECOND);
    refused(session("bob", PR), RefusalReason.REFUSAL_REASON_LABEL_BLOCKED);
    assertEquals(40 * SECOND, scene.retryAfter);
    refused(session("ann", "a=1", PR), RefusalReason.REFUSAL_REASON_LABEL_BLOCKED);
    assertEquals(Outcome.Status.GRANTED, scene.renew(before).status());
    assertEquals(Outcome.Status.GRANTED, session("bob", "env=pr-8").status());
    scene.pass(40 * SECOND);
    assertEquals(Outcome.Status.GRANTED, session("bob", PR).status());
    assertEquals(0, scene.tables.table(TableId.LABEL_BLOCKS).count());
  }

  @Test
  void block_timeThatHasPassed_endsTheBlock() throws InvalidProtocolBufferException {
    scene.block(PR, scene.wall() + 40 * SECOND);
    scene.block(PR, scene.wall() + 20 * SECOND);
    scene.block(PR, scene.wall());
    assertEquals(Outcome.Status.GRANTED, session("ann", PR).status());
    List<LedgerBody> blocks = records(LedgerKind.LEDGER_KIND_LABEL_BLOCKED);
    assertEquals(3, blocks.size());
    assertEquals(scene.wall() + 20 * SECOND, blocks.get(1).getUntilUs());
    assertEquals(0, blocks.get(2).getUntilUs());
  }

  /** The entry of a block that was replaced comes up at its old time, and finds another. */
  @Test
  void block_prolonged_outlivesItsFirstEnd() {
    scene.block(PR, scene.wall() + 10 * SECOND);
    scene.block(PR, scene.wall() + 30 * SECOND);
    scene.pass(15 * SECOND);
    refused(session("ann", PR), RefusalReason.REFUSAL_REASON_LABEL_BLOCKED);
  }

  @Test
  void block_moreThanTheBound_isFull() {
    Settings of = Scene.SETTINGS;
    scene =
        new Scene(
            new Settings(
                of.tickUs(),
                of.requestWindowUs(),
                of.requestAheadUs(),
                of.civilLeadUs(),
                of.poolsMax(),
                of.leasesMax(),
                10_000,
                of.subjectsMax(),
                of.tenantsMax(),
                of.entitlementsMax(),
                of.sweepMax(),
                of.ledgerSegmentBytes(),
                of.digestEvery(),
                of.voters(),
                of.catalogVersionsMax()),
            Right.sessions("cad", 5));
    long until = scene.wall() + 40 * SECOND;
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < LabelBlocks.BLOCKS_MAX; i++)
      calls.add(new Call.Block(1, scene.key(), "l" + i, "", until));
    scene.apply(calls.toArray(Call[]::new));
    assertEquals(Seen.full(TableId.LABEL_BLOCKS), scene.block("more", until));
    assertEquals(Outcome.Status.DONE, scene.block("l1", until + 1).status());
  }

  /** An exhausted pool is refused without an entry; a blocked label is asked for before. */
  @Test
  void judge_labelBlocked_isTheLogs() {
    scene = Scene.of(Right.sessions("cad", 0));
    AllocateCommand command = new AllocateCommand();
    command.tenant = 1;
    command.catalogVersion = scene.version();
    command.entitlement = scene.entitlement("cad").number();
    command.units = 1;
    command.key.issuedAtUs = scene.wall();
    command.holder.set("ann");
    command.addLabel().set(PR);
    TenantView tenant = scene.core.view().tenant("default");
    assertNotNull(tenant);
    Reader reader = scene.core.view().reader();
    assertEquals(
        RefusalReason.REFUSAL_REASON_EXHAUSTED,
        reader.judge(tenant, List.of(scene.entitlement("cad")), command));
    scene.block(PR, scene.wall() + SECOND);
    assertEquals(
        RefusalReason.REFUSAL_REASON_UNSPECIFIED,
        reader.judge(tenant, List.of(scene.entitlement("cad")), command));
  }
}
