package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.AssignSeatRequest;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.proto.v1.SetLimitRequest;
import dev.tallygate.proto.v1.SettleResponse;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.UnassignSeatRequest;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.grpc.CallCounts;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every grant and every refusal, over real gRPC, on the real core. */
class LicensingFeatureTest {
  private static final long SECOND_US = 1_000_000;

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        sessions("cad", 2, Sharing.SHARING_SESSION, 0),
        sessions("desk", 2, Sharing.SHARING_SUBJECT_AND_DEVICE, 0),
        sessions("linger", 1, Sharing.SHARING_SUBJECT, 30),
        calendar("daily", 3),
        rolling("rolling", 3),
        calendar("by-account", 2).toBuilder()
            .addPartitionBy("subject")
            .addPartitionBy("properties")
            .addPartitionBy("account")
            .setPartitionsMax(2)
            .build());
    node = new TestNode(log, "n1");
  }

  @AfterEach
  void stop() throws Exception {
    log.audit();
    assertThat(node.halted.get()).isNull();
    node.close();
    log.close();
  }

  @Test
  void allocate_seatsFree_grantsLeasesUntilTheLastAndRefusesOneMore() {
    Grant first = granted(node.allocate(session("ann", "s1").build()));
    assertThat(first.getKind()).isEqualTo(GrantKind.GRANT_KIND_LEASE);
    assertThat(first.getEntitlement()).isEqualTo("cad");
    assertThat(first.getUnits()).isEqualTo(1);
    assertThat(first.getTtl()).isEqualTo(Duration.newBuilder().setSeconds(60).build());
    assertThat(first.getFree()).isEqualTo(1);
    assertThat(first.getResumed()).isFalse();
    assertThat(first.getLeaseId()).hasSize(ClusterIds.LENGTH);
    Grant second = granted(node.allocate(session("bob", "s2").build()));
    assertThat(second.getToken()).isGreaterThan(first.getToken());
    for (int attempt : new int[] {0, 1, 2}) {
      Refusal refusal = refused(node.allocate(session("eve", "s3").setAttempt(attempt).build()));
      assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
      assertThat(refusal.getEntitlement()).isEqualTo("cad");
      assertThat(refusal.getLimit()).isEqualTo(2);
      assertThat(refusal.getTaken()).isEqualTo(2);
      assertThat(refusal.getCatalogVersion()).isEqualTo(1);
      assertThat(refusal.getRetryAfter().getSeconds()).isEqualTo(1);
    }
  }

  @Test
  void allocate_firstAttemptOnExhaustedPool_leavesNoLogEntry() {
    granted(node.allocate(session("ann", "s1").build()));
    granted(node.allocate(session("bob", "s2").build()));
    long before = log.commands();
    for (int i = 0; i < 10; i++) refused(node.allocate(session("eve", "s3").setAttempt(1).build()));
    assertThat(log.commands()).isEqualTo(before);
    assertThat(node.counts.read(CallCounts.Call.ALLOCATE, CallCounts.Result.REFUSED_UNLOGGED))
        .isEqualTo(10);
    node.feature.everySecond();
    assertThat(log.commands()).as("one summary for all").isEqualTo(before + 1);
    node.feature.everySecond();
    assertThat(log.commands()).as("nothing more to tell").isEqualTo(before + 1);
  }

  @Test
  void allocate_refusedInPartitionsThatCallersInvent_isToldInOneSummary() {
    for (int i = 0; i < 20; i++) {
      AllocateRequest.Builder request =
          account(Value.newBuilder().setStringValue("invented-" + i).build()).toBuilder();
      request.getEntitlementsBuilder(0).setUnits(3);
      refused(node.allocate(request.build()));
    }
    long before = log.commands();
    node.feature.everySecond();
    assertThat(log.commands()).isEqualTo(before + 1);
  }

  @Test
  void allocate_firstAttemptWithoutConfirmedLead_isNotRefusedUnlogged() {
    granted(node.allocate(session("ann", "s1").build()));
    granted(node.allocate(session("bob", "s2").build()));
    log.confirms(false);
    assertThatThrownBy(
            () ->
                LicensingServiceGrpc.newBlockingStub(node.data)
                    .withDeadlineAfter(300, java.util.concurrent.TimeUnit.MILLISECONDS)
                    .allocate(session("eve", "s3").setAttempt(1).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
  }

  @Test
  void allocate_sameIdAgain_answersTheSameGrantWithWhatIsLeft() {
    AllocateRequest request = session("ann", "s1").build();
    Grant first = granted(node.allocate(request));
    log.pass(10_000);
    Grant again = granted(node.allocate(request.toBuilder().setAttempt(2).build()));
    assertThat(again.getToken()).isEqualTo(first.getToken());
    assertThat(again.getLeaseId()).isEqualTo(first.getLeaseId());
    assertThat(again.getTtl().getSeconds()).isBetween(49L, 50L);
    assertThat(node.pool("cad", "").getPool().getHeld()).isEqualTo(1);
  }

  @Test
  void allocate_sameIdOtherContent_isRefusedAsReused() {
    AllocateRequest request = session("ann", "s1").build();
    granted(node.allocate(request));
    assertReason(
        RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED,
        node.allocate(request.toBuilder().setSession("s2").build()));
    assertReason(
        RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED,
        node.allocate(
            request.toBuilder()
                .putContext("k", Value.newBuilder().setIntValue(1).build())
                .build()));
  }

  @Test
  void allocate_sameIdAfterRelease_answersEnded() {
    AllocateRequest request = session("ann", "s1").build();
    Grant grant = granted(node.allocate(request));
    node.release(release(grant));
    AllocateResponse again = node.allocate(request.toBuilder().setAttempt(2).build());
    assertThat(again.getEnded().getReason()).isEqualTo(EndReason.END_REASON_RELEASED);
    assertThat(again.getEnded().getToken()).isEqualTo(grant.getToken());
  }

  @Test
  void allocate_sameSessionNewId_resumesWithANewToken() {
    Grant first = granted(node.allocate(session("ann", "s1").build()));
    Grant resumed = granted(node.allocate(session("ann", "s1").build()));
    assertThat(resumed.getResumed()).isTrue();
    assertThat(resumed.getLeaseId()).isEqualTo(first.getLeaseId());
    assertThat(resumed.getToken()).isGreaterThan(first.getToken());
    assertThat(node.pool("cad", "").getPool().getHeld()).isEqualTo(1);
    assertThat(node.renew(renew(first)).getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_FENCED);
    assertThat(node.release(release(first)).getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_FENCED);
  }

  @Test
  void allocate_exhaustedPoolButLiveSession_resumesOnTheFirstAttempt() {
    granted(node.allocate(session("ann", "s1").build()));
    granted(node.allocate(session("bob", "s2").build()));
    assertThat(granted(node.allocate(session("ann", "s1").setAttempt(1).build())).getResumed())
        .isTrue();
  }

  @Test
  void allocate_sameSessionKeyOfAnotherHolder_takesAnotherSeat() {
    granted(node.allocate(session("ann", "shared").build()));
    assertThat(granted(node.allocate(session("bob", "shared").build())).getResumed()).isFalse();
  }

  @Test
  void allocate_otherUnitsInALiveSession_isRefused() {
    granted(node.allocate(session("ann", "s1").build()));
    AllocateRequest.Builder two = session("ann", "s1");
    two.getEntitlementsBuilder(0).setUnits(2);
    assertReason(RefusalReason.REFUSAL_REASON_UNITS_DIFFER, node.allocate(two.build()));
  }

  @Test
  void allocate_tooOldOrFromTheFuture_isRefused() {
    AllocateRequest.Builder old = session("ann", "s1");
    old.setIssuedAt(at(log.wallUs() - 600 * SECOND_US));
    assertReason(RefusalReason.REFUSAL_REASON_REQUEST_TOO_OLD, node.allocate(old.build()));
    AllocateRequest.Builder future = session("ann", "s1");
    future.setIssuedAt(at(log.wallUs() + 61 * SECOND_US));
    assertReason(RefusalReason.REFUSAL_REASON_REQUEST_FROM_FUTURE, node.allocate(future.build()));
  }

  @Test
  void allocate_unknownEntitlement_isRefusedAndKeptForTheId() {
    AllocateRequest.Builder request = session("ann", "s1");
    request.getEntitlementsBuilder(0).setEntitlement("nothing");
    AllocateResponse response = node.allocate(request.build());
    assertReason(RefusalReason.REFUSAL_REASON_NOT_FOUND, response);
    assertThat(response.getRefused().getEntitlement()).isEqualTo("nothing");
    assertReason(RefusalReason.REFUSAL_REASON_NOT_FOUND, node.allocate(request.build()));
  }

  @Test
  void allocate_whatTheModelDoesNotHave_isRefused() {
    assertReason(
        RefusalReason.REFUSAL_REASON_WRONG_MODEL,
        node.allocate(session("ann", "s1").setHold(true).build()));
    assertReason(
        RefusalReason.REFUSAL_REASON_WRONG_MODEL, node.allocate(session("ann", "").build()));
    assertReason(
        RefusalReason.REFUSAL_REASON_WRONG_MODEL,
        node.allocate(of("desk", "ann").setSession("s1").build()));
    assertReason(
        RefusalReason.REFUSAL_REASON_WRONG_MODEL,
        node.allocate(of("daily", "ann").setSession("s1").build()));
    granted(node.allocate(of("desk", "ann").setDevice("d1").build()));
    granted(node.allocate(of("linger", "ann").setSession("ignored").build()));
  }

  @Test
  void allocate_meter_chargesUntilTheQuotaAndResetsWithTheCalendar() {
    for (int i = 0; i < 3; i++) {
      Grant receipt = granted(node.allocate(of("daily", "ann").build()));
      assertThat(receipt.getKind()).isEqualTo(GrantKind.GRANT_KIND_RECEIPT);
      assertThat(receipt.hasTtl()).isFalse();
      assertThat(receipt.getFree()).isEqualTo(2 - i);
    }
    Refusal refusal = refused(node.allocate(of("daily", "ann").setAttempt(1).build()));
    assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
    assertThat(refusal.getRetryAfter().getSeconds()).isBetween(1L, 86_400L);
    Pool pool = node.pool("daily", "").getPool();
    assertThat(pool.getUsed()).isEqualTo(3);
    assertThat(pool.getResetsAt().getSeconds() % 86_400).as("midnight UTC").isZero();
    log.skip(86_400 * SECOND_US);
    assertThat(granted(node.allocate(of("daily", "ann").setAttempt(1).build())).getFree())
        .isEqualTo(2);
  }

  @Test
  void allocate_rollingMeter_comesBackWithItsSlices() {
    for (int i = 0; i < 3; i++) granted(node.allocate(of("rolling", "ann").build()));
    assertReason(
        RefusalReason.REFUSAL_REASON_EXHAUSTED,
        node.allocate(of("rolling", "ann").setAttempt(1).build()));
    log.pass(12_000);
    granted(node.allocate(of("rolling", "ann").setAttempt(1).build()));
  }

  @Test
  void allocate_partitions_countApart() {
    assertReason(
        RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN,
        node.allocate(of("by-account", "ann").build()));
    assertReason(
        RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN,
        node.allocate(account(Value.newBuilder().setBoolValue(true).build())));
    Value acme = Value.newBuilder().setStringValue("acme").build();
    Value seven = Value.newBuilder().setIntValue(7).build();
    for (Value value : new Value[] {acme, seven})
      for (int i = 0; i < 2; i++) granted(node.allocate(account(value)));
    Refusal refusal = refused(node.allocate(account(acme)));
    assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
    assertThat(refusal.getPartition()).isEqualTo("acme");
    assertThat(node.pool("by-account", "7").getPool().getUsed()).isEqualTo(2);
    assertThat(node.pool("by-account", "none").hasPool()).isFalse();
    assertReason(
        RefusalReason.REFUSAL_REASON_PARTITIONS_EXHAUSTED,
        node.allocate(account(Value.newBuilder().setStringValue("third").build())));
  }

  @Test
  void hold_committedInPart_chargesThatPartOnce() {
    AllocateRequest.Builder request = of("daily", "ann").setHold(true);
    request.getEntitlementsBuilder(0).setUnits(3);
    Grant hold = granted(node.allocate(request.build()));
    assertThat(hold.getKind()).isEqualTo(GrantKind.GRANT_KIND_HOLD);
    assertThat(node.pool("daily", "").getPool().getOnHold()).isEqualTo(3);
    assertThat(node.commit(commit(hold, 4)).getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_UNITS_DIFFER);
    SettleResponse settled = node.commit(commit(hold, 1));
    assertThat(settled.getEnded().getReason()).isEqualTo(EndReason.END_REASON_COMMITTED);
    assertThat(settled.getEnded().getCharged()).isEqualTo(1);
    assertThat(node.commit(commit(hold, 2)).getEnded()).isEqualTo(settled.getEnded());
    assertThat(node.cancel(cancel(hold)).getEnded()).isEqualTo(settled.getEnded());
    assertThat(node.pool("daily", "").getPool().getUsed()).isEqualTo(1);
  }

  @Test
  void hold_cancelled_givesEverythingBack() {
    Grant hold = granted(node.allocate(of("daily", "ann").setHold(true).build()));
    assertThat(node.cancel(cancel(hold)).getEnded().getReason())
        .isEqualTo(EndReason.END_REASON_CANCELLED);
    assertThat(node.pool("daily", "").getPool().getFree()).isEqualTo(3);
  }

  @Test
  void hold_leftAlone_isChargedAtItsEnd() {
    Grant hold = granted(node.allocate(of("daily", "ann").setHold(true).build()));
    log.pass(31_000);
    SettleResponse late = node.commit(commit(hold, 0));
    assertThat(late.getEnded().getReason()).isEqualTo(EndReason.END_REASON_HOLD_EXPIRED);
    assertThat(late.getEnded().getCharged()).isEqualTo(1);
  }

  @Test
  void renew_liveLease_extendsIt() {
    Grant lease = granted(node.allocate(session("ann", "s1").build()));
    log.pass(50_000);
    RenewResponse renewed =
        node.renew(renew(lease).toBuilder().setTtl(Duration.newBuilder().setSeconds(30)).build());
    assertThat(renewed.getRenewed().getTtl().getSeconds()).isEqualTo(30);
    assertThat(renewed.getRenewed().getEntitlement()).isEqualTo("cad");
    assertThat(renewed.getRenewed().getToken()).isEqualTo(lease.getToken());
    log.pass(25_000);
    assertThat(node.renew(renew(lease)).hasRenewed()).isTrue();
  }

  @Test
  void renew_afterTtlAndGrace_answersThatItIsOver() {
    Grant lease = granted(node.allocate(session("ann", "s1").build()));
    log.pass(71_000);
    assertThat(node.renew(renew(lease)).getEnded().getReason())
        .isIn(EndReason.END_REASON_FORGOTTEN, EndReason.END_REASON_EXPIRED);
    assertThat(node.pool("cad", "").getPool().getHeld()).isZero();
  }

  @Test
  void release_twice_isTheSame() {
    Grant lease = granted(node.allocate(session("ann", "s1").build()));
    assertThat(node.release(release(lease)).getEnded().getReason())
        .isEqualTo(EndReason.END_REASON_RELEASED);
    assertThat(node.release(release(lease)).hasEnded()).isTrue();
    assertThat(node.pool("cad", "").getPool().getFree()).isEqualTo(2);
  }

  @Test
  void release_lingeringSession_keepsTheSeatForAWhile() {
    Grant lease = granted(node.allocate(of("linger", "ann").build()));
    node.release(release(lease));
    assertThat(node.pool("linger", "").getPool().getCooling()).isEqualTo(1);
    assertReason(
        RefusalReason.REFUSAL_REASON_EXHAUSTED,
        node.allocate(of("linger", "bob").setAttempt(1).build()));
    assertThat(granted(node.allocate(of("linger", "ann").build())).getResumed()).isTrue();
  }

  @Test
  void leaseCalls_unknownLease_areRefused() {
    String never = new ClusterIds(TestNode.CLUSTER).format(1_000_000);
    assertThat(
            node.renew(RenewRequest.newBuilder().setLeaseId(never).setToken(never).build())
                .getRefused()
                .getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_NOT_FOUND);
    Grant hold = granted(node.allocate(of("daily", "ann").setHold(true).build()));
    assertThat(node.renew(renew(hold)).getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_WRONG_MODEL);
  }

  @Test
  void leaseCalls_idOfAnotherCluster_areFailedPreconditions() {
    String foreign = new ClusterIds(new UUID(1, 1)).format(5);
    assertCode(
        Status.Code.FAILED_PRECONDITION,
        "lease_id",
        () -> node.renew(RenewRequest.newBuilder().setLeaseId(foreign).setToken(foreign).build()));
  }

  @Test
  void revoke_liveLease_endsItAtOnce() {
    Grant lease = granted(node.allocate(session("ann", "s1").build()));
    RevokeRequest revoke =
        RevokeRequest.newBuilder().setLeaseId(lease.getLeaseId()).setReason("left").build();
    assertThat(node.revoke(revoke).getEnded().getReason()).isEqualTo(EndReason.END_REASON_REVOKED);
    assertThat(node.revoke(revoke).hasEnded()).isTrue();
    assertThat(node.renew(renew(lease)).hasEnded()).isTrue();
    assertThat(node.pool("cad", "").getPool().getFree()).isEqualTo(2);
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "reason: is required",
        () -> node.revoke(revoke.toBuilder().clearReason().build()));
  }

  @Test
  void setLimit_cutBelowHeld_drainsAndRevokesNothing() {
    Grant first = granted(node.allocate(session("ann", "s1").build()));
    granted(node.allocate(session("bob", "s2").build()));
    SetLimitRequest cut = setLimit("cad").setLimit(1).build();
    Pool pool = node.setLimit(cut).getPool();
    assertThat(pool.getLimit()).isEqualTo(1);
    assertThat(pool.getDeficit()).isEqualTo(1);
    assertThat(pool.getHeld()).isEqualTo(2);
    assertThat(node.setLimit(cut.toBuilder().setAttempt(2).build()).getPool()).isEqualTo(pool);
    node.release(release(first));
    assertReason(
        RefusalReason.REFUSAL_REASON_EXHAUSTED,
        node.allocate(session("eve", "s3").setAttempt(1).build()));
    assertThat(node.setLimit(setLimit("cad").setClear(true).build()).getPool().getLimit())
        .isEqualTo(2);
    granted(node.allocate(session("eve", "s3").setAttempt(1).build()));
  }

  @Test
  void setLimit_untilAnInstant_endsThen() {
    node.setLimit(setLimit("cad").setLimit(5).setUntil(at(log.wallUs() + 10 * SECOND_US)).build());
    assertThat(node.pool("cad", "").getPool().getLimit()).isEqualTo(5);
    log.pass(11_000);
    assertThat(node.pool("cad", "").getPool().getLimit()).isEqualTo(2);
  }

  @Test
  void setLimit_unknownOrMalformed_isRefused() {
    assertThat(node.setLimit(setLimit("nothing").setLimit(1).build()).getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_NOT_FOUND);
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "limit: is `-1`, allowed are 0 to",
        () -> node.setLimit(setLimit("cad").setLimit(-1).build()));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "clear: stands with",
        () -> node.setLimit(setLimit("cad").setLimit(1).setClear(true).build()));
  }

  @Test
  void adminCalls_onTheDataListener_areDenied() {
    var stub = LicensingServiceGrpc.newBlockingStub(node.data);
    assertCode(
        Status.Code.PERMISSION_DENIED,
        "Revoke",
        () -> stub.revoke(RevokeRequest.getDefaultInstance()));
    assertCode(
        Status.Code.PERMISSION_DENIED,
        "SetLimit",
        () -> stub.setLimit(SetLimitRequest.getDefaultInstance()));
    assertCode(
        Status.Code.PERMISSION_DENIED,
        "AssignSeat",
        () -> stub.assignSeat(AssignSeatRequest.getDefaultInstance()));
    assertCode(
        Status.Code.PERMISSION_DENIED,
        "UnassignSeat",
        () -> stub.unassignSeat(UnassignSeatRequest.getDefaultInstance()));
  }

  @Test
  void calls_unknownTenant_areNotFound() {
    assertCode(
        Status.Code.NOT_FOUND,
        "tenant",
        () -> node.allocate(session("ann", "s1").setTenant("nobody").build()));
  }

  private AllocateRequest.Builder session(String subject, String session) {
    return of("cad", subject).setSession(session);
  }

  private AllocateRequest.Builder of(String entitlement, String subject) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(at(log.wallUs()))
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement));
  }

  private AllocateRequest account(Value value) {
    AllocateRequest.Builder request = of("by-account", "ann");
    request.getSubjectBuilder().putProperties("account", value);
    return request.build();
  }

  private SetLimitRequest.Builder setLimit(String entitlement) {
    return SetLimitRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(at(log.wallUs()))
        .setEntitlement(entitlement);
  }

  private static ReleaseRequest release(Grant grant) {
    return ReleaseRequest.newBuilder()
        .setLeaseId(grant.getLeaseId())
        .setToken(grant.getToken())
        .build();
  }

  private static RenewRequest renew(Grant grant) {
    return RenewRequest.newBuilder()
        .setLeaseId(grant.getLeaseId())
        .setToken(grant.getToken())
        .build();
  }

  private static CommitRequest commit(Grant grant, long units) {
    return CommitRequest.newBuilder()
        .setLeaseId(grant.getLeaseId())
        .setToken(grant.getToken())
        .setUnits(units)
        .build();
  }

  private static CancelRequest cancel(Grant grant) {
    return CancelRequest.newBuilder()
        .setLeaseId(grant.getLeaseId())
        .setToken(grant.getToken())
        .build();
  }

  private static Timestamp at(long us) {
    return Timestamp.newBuilder()
        .setSeconds(us / SECOND_US)
        .setNanos((int) (us % SECOND_US * 1_000))
        .build();
  }

  private static Grant granted(AllocateResponse response) {
    assertThat(response.hasGranted()).as("%s", response).isTrue();
    assertThat(response.getRevision()).hasSize(ClusterIds.LENGTH);
    return response.getGranted().getGrants(0);
  }

  private static Refusal refused(AllocateResponse response) {
    assertThat(response.hasRefused()).as("%s", response).isTrue();
    return response.getRefused();
  }

  private static void assertReason(RefusalReason reason, AllocateResponse response) {
    assertThat(refused(response).getReason()).isEqualTo(reason);
  }

  private static void assertCode(Status.Code code, String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static Entitlement sessions(String name, long limit, Sharing sharing, long lingerS) {
    return Entitlement.newBuilder()
        .setName(name)
        .setLimit(limit)
        .setConcurrentSession(
            ConcurrentSession.newBuilder()
                .setTtlUs(60 * SECOND_US)
                .setTtlMaxUs(120 * SECOND_US)
                .setGraceUs(5 * SECOND_US)
                .setLingerUs(lingerS * SECOND_US)
                .setSharing(sharing))
        .build();
  }

  private static Entitlement calendar(String name, long limit) {
    return Entitlement.newBuilder()
        .setName(name)
        .setLimit(limit)
        .setMetered(
            Metered.newBuilder()
                .setCalendar(Calendar.CALENDAR_DAY)
                .setTimeZone("UTC")
                .setHoldTtlUs(30 * SECOND_US))
        .build();
  }

  private static Entitlement rolling(String name, long limit) {
    return Entitlement.newBuilder()
        .setName(name)
        .setLimit(limit)
        .setMetered(
            Metered.newBuilder()
                .setRollingUs(10 * SECOND_US)
                .setSlices(10)
                .setHoldTtlUs(5 * SECOND_US))
        .build();
  }
}
