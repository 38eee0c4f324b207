package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.log.v1.Scope;
import dev.tallygate.proto.log.v1.Site;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.AssignSeatRequest;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.LeaseState;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListLeasesRequest;
import dev.tallygate.proto.v1.ListLeasesResponse;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.RevokeResponse;
import dev.tallygate.proto.v1.SetLimitRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.UnassignSeatRequest;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.call.OneLog;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Seats of named users and sites, over real gRPC. */
class ModelsFeatureTest {
  private static final long SECOND_US = 1_000_000;
  private static final List<String> REGION = List.of("subject", "properties", "region");

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        seats("desk", NamedUser.getDefaultInstance()),
        seats("given", NamedUser.newBuilder().setAssignedOnly(true).build()),
        seats("cooling", NamedUser.newBuilder().setCoolDownUs(60 * SECOND_US).build()),
        Entitlement.newBuilder()
            .setName("campus")
            .setLimit(1_000_000_000_000_000L)
            .setSite(
                Site.newBuilder()
                    .setCalendar(Calendar.CALENDAR_MONTH)
                    .setTimeZone("UTC")
                    .addScope(
                        Scope.newBuilder().addAllPath(REGION).addAllValues(List.of("7", "eu"))))
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

  private static Entitlement seats(String name, NamedUser terms) {
    return Entitlement.newBuilder().setName(name).setLimit(1).setNamedUser(terms).build();
  }

  @Test
  void allocate_seat_isTheSubjectsWhateverItsSessions() {
    Grant first = granted(node.allocate(of("desk", "ann").setSession("laptop").build()));
    assertThat(first.getKind()).isEqualTo(GrantKind.GRANT_KIND_SEAT);
    assertThat(first.hasTtl()).isFalse();
    Grant second = granted(node.allocate(of("desk", "ann").setSession("phone").build()));
    assertThat(second.getResumed()).isTrue();
    assertThat(second.getToken()).isEqualTo(first.getToken());
    assertThat(node.pool("desk", "").getPool().getHeld()).isEqualTo(1);
  }

  @Test
  void allocate_noSeatLeft_isRefusedWithoutALogEntryOnTheFirstAttempt() {
    granted(node.allocate(of("desk", "ann").build()));
    long before = log.commands();
    AllocateResponse refused = node.allocate(of("desk", "bob").setAttempt(1).build());
    assertReason(RefusalReason.REFUSAL_REASON_EXHAUSTED, refused);
    assertThat(refused.getRefused().hasRetryAfter()).isFalse();
    assertThat(log.commands()).isEqualTo(before);
    assertReason(RefusalReason.REFUSAL_REASON_EXHAUSTED, node.allocate(of("desk", "bob").build()));
  }

  @Test
  void assignSeat_byAnAdministrator_isWhatUseNeeds() {
    assertReason(
        RefusalReason.REFUSAL_REASON_NO_SEAT,
        node.allocate(of("given", "ann").setAttempt(1).build()));
    AssignSeatRequest assign = assign("given", "ann");
    Grant seat = granted(assignSeat(assign));
    assertThat(granted(assignSeat(assign)).getToken()).isEqualTo(seat.getToken());
    assertThat(granted(node.allocate(of("given", "ann").build())).getLeaseId())
        .isEqualTo(seat.getLeaseId());
    assertReason(RefusalReason.REFUSAL_REASON_EXHAUSTED, assignSeat(assign("given", "bob")));
    assertReason(
        RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED,
        assignSeat(assign.toBuilder().setSubject(Subject.newBuilder().setId("eve")).build()));
  }

  @Test
  void assignSeat_ofOtherModelsOrNothing_isRefused() {
    assertReason(RefusalReason.REFUSAL_REASON_WRONG_MODEL, assignSeat(assign("campus", "ann")));
    assertReason(RefusalReason.REFUSAL_REASON_NOT_FOUND, assignSeat(assign("nothing", "ann")));
    assertReason(
        RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN,
        assignSeat(assign("given", "ann").toBuilder().setPartition("p").build()));
  }

  @Test
  void assignSeat_withoutSubject_namesTheField() {
    assertThatThrownBy(() -> assignSeat(assign("given", "")))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("subject.id");
  }

  @Test
  void unassignSeat_endsItAndFreesItWhenTheCoolDownIsOver() {
    granted(node.allocate(of("cooling", "ann").build()));
    assertThat(unassign("cooling", "ann").getEnded().getReason())
        .isEqualTo(EndReason.END_REASON_REVOKED);
    assertReason(
        RefusalReason.REFUSAL_REASON_EXHAUSTED, node.allocate(of("cooling", "bob").build()));
    log.pass(60_000);
    assertThat(granted(node.allocate(of("cooling", "bob").build())).getResumed()).isFalse();
  }

  @Test
  void listLeases_seat_hasNoEndUnlessItMayBeIdleForTooLong() {
    Grant seat = granted(node.allocate(of("desk", "ann").build()));
    ListLeasesResponse listed =
        LicensingServiceGrpc.newBlockingStub(node.admin)
            .withDeadlineAfter(5, TimeUnit.SECONDS)
            .listLeases(ListLeasesRequest.newBuilder().setEntitlement("desk").build());
    assertThat(listed.getLeasesList()).hasSize(1);
    assertThat(listed.getLeases(0).getState()).isEqualTo(LeaseState.LEASE_STATE_SEAT);
    assertThat(listed.getLeases(0).getLeaseId()).isEqualTo(seat.getLeaseId());
    assertThat(listed.getLeases(0).hasTtl()).isFalse();
    assertThat(listed.getLeases(0).hasUntil()).isFalse();
  }

  // By the time of a second try the seat may be another one.
  @Test
  void unassignSeat_endUnknown_isNotProposedAgain() {
    granted(node.allocate(of("desk", "ann").build()));
    long before = log.commands();
    log.endNext(ProposalFailure.UNKNOWN, true);
    assertThatThrownBy(() -> unassign("desk", "ann"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
    assertThat(log.commands()).isEqualTo(before + 1);
  }

  @Test
  void unassignSeat_ofNobody_isNotFound() {
    for (String entitlement : List.of("desk", "campus", "nothing"))
      assertThat(unassign(entitlement, "ann").getRefused().getReason())
          .isEqualTo(RefusalReason.REFUSAL_REASON_NOT_FOUND);
  }

  @Test
  void site_insideItsScope_countsWithoutLimit() {
    for (Value region :
        List.of(
            Value.newBuilder().setStringValue("eu").build(),
            Value.newBuilder().setIntValue(7).build())) {
      AllocateRequest.Builder request = of("campus", "ann").setSession("ignored");
      request.getSubjectBuilder().putProperties("region", region);
      request.getEntitlementsBuilder(0).setUnits(1_000);
      assertThat(granted(node.allocate(request.build())).getKind())
          .isEqualTo(GrantKind.GRANT_KIND_RECEIPT);
    }
    assertThat(node.pool("campus", "").getPool().getUsed()).isEqualTo(2_000);
  }

  @Test
  void site_outsideItsScopeOrUnknown_isRefusedAndNotCounted() {
    AllocateRequest.Builder outside = of("campus", "ann");
    outside
        .getSubjectBuilder()
        .putProperties("region", Value.newBuilder().setStringValue("mars").build());
    assertReason(RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE, node.allocate(outside.build()));
    assertReason(
        RefusalReason.REFUSAL_REASON_OUT_OF_SCOPE, node.allocate(of("campus", "ann").build()));
    assertThat(node.pool("campus", "").getPool().getUsed()).isZero();
  }

  @Test
  void site_holdOrLimit_isWrongModel() {
    assertReason(
        RefusalReason.REFUSAL_REASON_WRONG_MODEL,
        node.allocate(of("campus", "ann").setHold(true).build()));
    SetLimitRequest limit =
        SetLimitRequest.newBuilder()
            .setRequestId("r" + ++requests)
            .setIssuedAt(now())
            .setEntitlement("campus")
            .setLimit(5)
            .build();
    assertThat(node.setLimit(limit).getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_WRONG_MODEL);
  }

  private AllocateRequest.Builder of(String entitlement, String subject) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(now())
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement));
  }

  private AssignSeatRequest assign(String entitlement, String subject) {
    return AssignSeatRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(now())
        .setEntitlement(entitlement)
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .build();
  }

  private AllocateResponse assignSeat(AssignSeatRequest request) {
    return node.call(
        node.admin, LicensingServiceGrpc.getAssignSeatMethod(), request, AllocateResponse.parser());
  }

  private RevokeResponse unassign(String entitlement, String subject) {
    return node.call(
        node.admin,
        LicensingServiceGrpc.getUnassignSeatMethod(),
        UnassignSeatRequest.newBuilder()
            .setEntitlement(entitlement)
            .setSubject(Subject.newBuilder().setType("user").setId(subject))
            .setReason("left the company")
            .build(),
        RevokeResponse.parser());
  }

  private Timestamp now() {
    long us = log.wallUs();
    return Timestamp.newBuilder()
        .setSeconds(us / SECOND_US)
        .setNanos((int) (us % SECOND_US * 1_000))
        .build();
  }

  private static Grant granted(AllocateResponse response) {
    assertThat(response.hasGranted()).as(response.toString()).isTrue();
    return response.getGranted().getGrants(0);
  }

  private static void assertReason(RefusalReason why, AllocateResponse response) {
    assertThat(response.getRefused().getReason()).as(response.toString()).isEqualTo(why);
  }
}
