package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateBatchRequest;
import dev.tallygate.proto.v1.AllocateBatchResponse;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.AllocateResult;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.grpc.CallCounts;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each request of a batch comes to what it would have come to alone. */
class AllocateBatchTest {
  private static final long SECOND_US = 1_000_000;
  private static final long SEED = Long.getLong("batch.seed", 20_261_125);

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
            .setLimit(600)
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
  void thousandRequests_areAnsweredByPositionUpToTheLimit() {
    for (TestNode node : List.of(n2, n1)) {
      AllocateBatchRequest.Builder batch = AllocateBatchRequest.newBuilder();
      for (int i = 0; i < 1_000; i++) batch.addRequests(request("user-" + i).setAttempt(1));
      AllocateBatchResponse response = batch(node, batch.build());
      assertThat(response.getResultsList()).hasSize(1_000);
      for (int i = 0; i < 1_000; i++) {
        AllocateResponse one = response.getResults(i).getResponse();
        if (i < 600) assertThat(one.getGranted().getGrants(0).getEntitlement()).isEqualTo("cad");
        else
          assertThat(one.getRefused().getReason())
              .isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
      }
      assertThat(n1.pool("cad", "").getPool().getHeld()).isEqualTo(600);
    }
    assertThat(n2.counts.read(CallCounts.Call.ALLOCATE_BATCH, CallCounts.Result.FORWARDED))
        .as("as a whole")
        .isOne();
    assertThat(n2.counts.read(CallCounts.Call.ALLOCATE, CallCounts.Result.FORWARDED)).isZero();
    assertThat(n1.counts.read(CallCounts.Call.ALLOCATE, CallCounts.Result.REFUSED_UNLOGGED))
        .as("an exhausted pool costs no entry")
        .isEqualTo(800);
  }

  @Test
  void malformedAmongGoodOnes_failsAloneWithItsField() {
    AllocateBatchResponse response =
        batch(
            n1,
            AllocateBatchRequest.newBuilder()
                .addRequests(request("ann"))
                .addRequests(request("bob").setRequestId(""))
                .addRequests(request("eve").setTenant("nobody"))
                .addRequests(request("dan").clearEntitlements())
                .addRequests(request("kim"))
                .build());
    assertThat(response.getResultsList())
        .extracting(AllocateResult::getOutcomeCase)
        .containsExactly(
            AllocateResult.OutcomeCase.RESPONSE,
            AllocateResult.OutcomeCase.ERROR,
            AllocateResult.OutcomeCase.ERROR,
            AllocateResult.OutcomeCase.ERROR,
            AllocateResult.OutcomeCase.RESPONSE);
    assertThat(response.getResults(1).getError().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(response.getResults(1).getError().getReason()).isEqualTo("INVALID_FIELD");
    assertThat(response.getResults(1).getError().getMessage()).contains("request_id");
    assertThat(response.getResults(1).getError().hasRetryAfter()).isFalse();
    assertThat(response.getResults(2).getError().getCode())
        .isEqualTo(Status.Code.NOT_FOUND.value());
  }

  @Test
  void idOfALoneRequest_isTheSameInABatch() {
    AllocateRequest lone = request("ann").build();
    AllocateResponse first = n1.allocate(lone);
    AllocateBatchResponse again =
        batch(
            n2,
            AllocateBatchRequest.newBuilder()
                .addRequests(lone.toBuilder().setAttempt(2))
                .addRequests(lone.toBuilder().setSubject(Subject.newBuilder().setId("other")))
                .build());
    assertThat(again.getResults(0).getResponse().getGranted().getGrants(0).getToken())
        .isEqualTo(first.getGranted().getGrants(0).getToken());
    assertThat(again.getResults(1).getResponse().getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED);
    assertThat(n1.pool("cad", "").getPool().getHeld()).isOne();
  }

  @Test
  void sameIdTwiceInABatch_isGrantedOnce() {
    AllocateRequest one = request("ann").build();
    AllocateBatchResponse response =
        batch(n1, AllocateBatchRequest.newBuilder().addRequests(one).addRequests(one).build());
    assertThat(response.getResults(0).getResponse().getGranted().getGrants(0).getToken())
        .isEqualTo(response.getResults(1).getResponse().getGranted().getGrants(0).getToken());
    assertThat(n1.pool("cad", "").getPool().getHeld()).isOne();
  }

  @Test
  void oneProposalRefusedByABound_failsAlone() {
    log.endNext(ProposalFailure.OVERLOADED, false);
    AllocateBatchResponse response =
        batch(
            n1,
            AllocateBatchRequest.newBuilder()
                .addRequests(request("ann"))
                .addRequests(request("bob"))
                .build());
    assertThat(response.getResults(0).getError().getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
    assertThat(response.getResults(0).getError().hasRetryAfter()).isTrue();
    assertThat(response.getResults(1).getResponse().hasGranted()).isTrue();
  }

  @Test
  void endUnknownButApplied_partIsGrantedOnce() {
    log.endNext(ProposalFailure.UNKNOWN, true);
    AllocateBatchResponse response =
        batch(
            n2,
            AllocateBatchRequest.newBuilder()
                .addRequests(request("ann").setAttempt(1))
                .addRequests(request("bob").setAttempt(1))
                .build());
    for (AllocateResult result : response.getResultsList())
      assertThat(result.getResponse().hasGranted()).isTrue();
    assertThat(n1.pool("cad", "").getPool().getHeld()).isEqualTo(2);
  }

  @Test
  void noneOrTooManyRequests_areRefusedWhole() {
    for (TestNode node : List.of(n1, n2)) {
      assertCode(
          Status.Code.INVALID_ARGUMENT,
          "requests: is required",
          () -> batch(node, AllocateBatchRequest.getDefaultInstance()));
      AllocateBatchRequest.Builder many = AllocateBatchRequest.newBuilder();
      for (int i = 0; i < 1_001; i++) many.addRequests(AllocateRequest.getDefaultInstance());
      assertCode(
          Status.Code.INVALID_ARGUMENT,
          "requests: are more than 1000",
          () -> batch(node, many.build()));
    }
    assertThat(log.commands()).isEqualTo(2);
  }

  @Test
  void noise_failsWholeOrByPart() {
    System.out.println("seed " + SEED);
    Random random = new Random(SEED);
    byte[] good =
        AllocateBatchRequest.newBuilder()
            .addRequests(request("ann"))
            .addRequests(request("bob"))
            .build()
            .toByteArray();
    for (int i = 0; i < 500; i++) {
      byte[] noise = good.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--)
        noise[random.nextInt(noise.length)] = (byte) random.nextInt(256);
      try {
        AllocateBatchResponse response =
            n1.call(
                n1.data,
                LicensingServiceGrpc.getAllocateBatchMethod(),
                noise,
                AllocateBatchResponse.parser());
        assertThat(response.getResultsCount()).isPositive();
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(Status.Code.INVALID_ARGUMENT);
      }
    }
    assertThat(n1.halted.get()).isNull();
  }

  private static AllocateBatchResponse batch(TestNode node, AllocateBatchRequest request) {
    return node.call(
        node.data,
        LicensingServiceGrpc.getAllocateBatchMethod(),
        request,
        AllocateBatchResponse.parser());
  }

  private AllocateRequest.Builder request(String subject) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"));
  }

  private static void assertCode(Status.Code code, String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(code))
        .hasMessageContaining(message);
  }
}
