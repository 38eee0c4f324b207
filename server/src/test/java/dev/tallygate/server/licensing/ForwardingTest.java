package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a call when the leader is elsewhere, moves, or answers nothing. */
class ForwardingTest {
  private static final long SECOND_US = 1_000_000;

  @TempDir private Path dir;
  private OneLog log;
  private TestNode n1;
  private TestNode n2;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        Entitlement.newBuilder()
            .setName("cad")
            .setLimit(2)
            .setConcurrentSession(
                ConcurrentSession.newBuilder()
                    .setTtlUs(60 * SECOND_US)
                    .setTtlMaxUs(60 * SECOND_US)
                    .setGraceUs(5 * SECOND_US)
                    .setSharing(Sharing.SHARING_SUBJECT))
            .build());
    n1 = new TestNode(log, "n1");
    n2 = new TestNode(log, "n2");
  }

  @AfterEach
  void stop() throws Exception {
    log.audit();
    n1.close();
    n2.close();
    log.close();
  }

  @Test
  void follower_call_isAnsweredByTheLeaderWithAHint() {
    AtomicReference<Metadata> trailers = new AtomicReference<>(new Metadata());
    AllocateResponse response =
        LicensingServiceGrpc.newBlockingStub(n2.data)
            .withInterceptors(
                MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers))
            .withDeadlineAfter(5, TimeUnit.SECONDS)
            .allocate(request("ann"));
    assertThat(response.hasGranted()).isTrue();
    assertThat(Objects.requireNonNull(trailers.get()).get(GrpcError.LEADER))
        .isEqualTo("n1 host1:1");
    assertThat(n2.counts.read(CallCounts.Call.ALLOCATE, CallCounts.Result.FORWARDED)).isOne();
    assertThat(n1.counts.read(CallCounts.Call.ALLOCATE, CallCounts.Result.GRANTED)).isOne();
  }

  @Test
  void leader_call_carriesNoHint() {
    AtomicReference<Metadata> trailers = new AtomicReference<>(new Metadata());
    LicensingServiceGrpc.newBlockingStub(n1.data)
        .withInterceptors(
            MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers))
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .allocate(request("ann"));
    assertThat(Objects.requireNonNull(trailers.get()).containsKey(GrpcError.LEADER)).isFalse();
  }

  @Test
  void follower_malformedCall_isRefusedWithoutTheLeader() {
    assertCode(Status.Code.INVALID_ARGUMENT, "subject.id", () -> n2.allocate(request("")));
    assertThat(n2.counts.read(CallCounts.Call.ALLOCATE, CallCounts.Result.FORWARDED)).isZero();
  }

  @Test
  void follower_errorOfTheLeader_arrivesWithItsReason() {
    assertCode(
        Status.Code.NOT_FOUND,
        "tenant: there is no `nobody`",
        () -> n2.allocate(request("ann").toBuilder().setTenant("nobody").build()));
  }

  @Test
  void leaderUnknownForAWhile_callWaitsAndIsGranted() throws Exception {
    log.lead(null);
    var future =
        LicensingServiceGrpc.newFutureStub(n2.data)
            .withDeadlineAfter(5, TimeUnit.SECONDS)
            .allocate(request("ann"));
    assertThatThrownBy(() -> future.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    log.lead("n2");
    assertThat(future.get(5, TimeUnit.SECONDS).hasGranted()).isTrue();
  }

  @Test
  void leaderUnknownForTooLong_deadlineEndsTheCall() {
    log.lead(null);
    assertCode(
        Status.Code.DEADLINE_EXCEEDED,
        "",
        () ->
            LicensingServiceGrpc.newBlockingStub(n2.data)
                .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
                .allocate(request("ann")));
  }

  @Test
  void leaderCannotBeReached_callGoesToTheNext() throws Exception {
    log.lead("n3");
    var future =
        LicensingServiceGrpc.newFutureStub(n2.data)
            .withDeadlineAfter(5, TimeUnit.SECONDS)
            .allocate(request("ann"));
    assertThatThrownBy(() -> future.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    log.lead("n1");
    assertThat(future.get(5, TimeUnit.SECONDS).hasGranted()).isTrue();
  }

  // The entry was appended and applied, but this leader did not hear of it. Sent again with its id,
  // it finds its own grant.
  @Test
  void endUnknownButApplied_isGrantedOnce() {
    log.endNext(ProposalFailure.UNKNOWN, true);
    AllocateResponse response = n1.allocate(request("ann").toBuilder().setAttempt(1).build());
    assertThat(response.getGranted().getGrants(0).getFree()).isOne();
    assertThat(n1.pool("cad", "").getPool().getHeld()).isOne();
  }

  @Test
  void endUnknownAndLost_isGrantedOnce() {
    log.endNext(ProposalFailure.UNKNOWN, false);
    assertThat(n1.allocate(request("ann")).hasGranted()).isTrue();
    assertThat(n1.pool("cad", "").getPool().getHeld()).isOne();
  }

  // After an unknown end only the log may refuse: without it, the grant that happened would be
  // refused although it stands.
  @Test
  void endUnknownOnTheLastSeat_firstAttemptIsNotRefusedUnlogged() {
    assertThat(n1.allocate(request("ann")).hasGranted()).isTrue();
    log.endNext(ProposalFailure.UNKNOWN, true);
    AllocateRequest last = request("bob").toBuilder().setAttempt(1).build();
    assertThat(n1.allocate(last).hasGranted()).isTrue();
    log.endNext(ProposalFailure.UNKNOWN, false);
    AllocateResponse over = n1.allocate(request("eve").toBuilder().setAttempt(2).build());
    assertThat(over.getRefused().getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
    assertThat(n1.counts.read(CallCounts.Call.ALLOCATE, CallCounts.Result.REFUSED_UNLOGGED))
        .isZero();
  }

  @Test
  void release_endUnknownButApplied_answersEnded() {
    var grant = n1.allocate(request("ann")).getGranted().getGrants(0);
    log.endNext(ProposalFailure.UNKNOWN, true);
    assertThat(
            n2.release(
                    ReleaseRequest.newBuilder()
                        .setLeaseId(grant.getLeaseId())
                        .setToken(grant.getToken())
                        .build())
                .hasEnded())
        .isTrue();
    assertThat(n1.pool("cad", "").getPool().getHeld()).isZero();
  }

  @Test
  void proposalRefusedByABound_isTold() {
    log.endNext(ProposalFailure.OVERLOADED, false);
    assertCode(
        Status.Code.RESOURCE_EXHAUSTED,
        "raft.pending-commands-max `1000`",
        () -> n1.allocate(request("ann")));
    log.endNext(ProposalFailure.STOPPED, false);
    assertCode(Status.Code.UNAVAILABLE, "stopping", () -> n1.allocate(request("ann")));
    log.endNext(ProposalFailure.NOT_READY, false);
    assertThat(n1.allocate(request("ann")).hasGranted()).isTrue();
  }

  private AllocateRequest request(String subject) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(at())
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"))
        .build();
  }

  private Timestamp at() {
    return Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US).build();
  }

  private static void assertCode(Status.Code code, String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(code))
        .hasMessageContaining(message);
  }
}
