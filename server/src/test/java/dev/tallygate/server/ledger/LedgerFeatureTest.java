package dev.tallygate.server.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.TraceRequest;
import dev.tallygate.proto.v1.VerifyLedgerRequest;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.licensing.TestNode;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerFeatureTest {
  private static final long SECOND_US = 1_000_000;

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(sessions("cad", 2), sessions("sim", 5_000));
    node =
        new TestNode(
            log, "n1", calls -> List.of(new LedgerFeature(calls.node(), log.ledger(), 300)));
  }

  @Test
  void read_nameThatFailsItsChecksum_endsTheNode() {
    allocate("cad", "ann");
    log.damageNames();
    assertThatThrownBy(
            () ->
                list(
                    stub()
                        .withDeadlineAfter(1, TimeUnit.SECONDS)
                        .read(ReadLedgerRequest.getDefaultInstance())))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(node.halted.get()).contains("damaged");
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
    log.close();
  }

  @Test
  void read_everything_isInOrderAndNamed() {
    Grant grant = allocate("cad", "ann");
    release(grant);
    List<LedgerRecord> records = list(stub().read(ReadLedgerRequest.getDefaultInstance()));
    assertThat(records)
        .extracting(LedgerRecord::getKind)
        .containsExactly(
            "TENANT_CREATED",
            "SEAL",
            "CATALOG_APPLIED",
            "SEAL",
            "POOL_CREATED",
            "GRANTED",
            "SEAL",
            "RELEASED",
            "SEAL");
    LedgerRecord granted = records.get(5);
    assertThat(granted.getEntitlement()).isEqualTo("cad");
    assertThat(granted.getHolder()).isEqualTo("user:ann");
    assertThat(granted.getLeaseId()).isEqualTo(grant.getLeaseId());
    assertThat(granted.getToken()).isEqualTo(grant.getToken());
    assertThat(granted.getUnits()).isEqualTo(1);
    assertThat(granted.getLimit()).isEqualTo(2);
    assertThat(granted.getFree()).isEqualTo(1);
    assertThat(granted.getRequestId()).isEqualTo("r1");
    assertThat(records.get(6).getHead()).hasSize(64);
  }

  @Test
  void read_afterAPosition_namesPoolsMadeBefore() {
    allocate("cad", "ann");
    Grant second = allocate("cad", "bob");
    long after = list(stub().read(ReadLedgerRequest.getDefaultInstance())).getLast().getPosition();
    release(second);
    List<LedgerRecord> records =
        list(stub().read(ReadLedgerRequest.newBuilder().setAfterPosition(after).build()));
    assertThat(records).extracting(LedgerRecord::getKind).containsExactly("RELEASED", "SEAL");
    assertThat(records.get(0).getEntitlement()).isEqualTo("cad");
  }

  @Test
  void read_filteredAndLimited_givesThat() {
    allocate("cad", "ann");
    allocate("sim", "ann");
    assertThat(list(stub().read(ReadLedgerRequest.newBuilder().setEntitlement("sim").build())))
        .extracting(LedgerRecord::getKind)
        .containsExactly("POOL_CREATED", "GRANTED");
    assertThat(list(stub().read(ReadLedgerRequest.newBuilder().setLimit(3).build()))).hasSize(3);
  }

  @Test
  void read_refusals_areSummed() {
    allocate("cad", "ann");
    allocate("cad", "bob");
    for (int i = 0; i < 3; i++) refused("cad", "eve");
    refused("cad", "mallory");
    log.lead("n1");
    node.everySecond();
    LedgerRecord record =
        list(stub().read(ReadLedgerRequest.getDefaultInstance())).stream()
            .filter(r -> r.getKind().equals("REFUSED"))
            .findFirst()
            .orElseThrow();
    assertThat(record.getEntitlement()).isEqualTo("cad");
    // Nobody who never held anything has a name in the ledger.
    assertThat(record.getDetail()).isEqualTo("EXHAUSTED, 4 in all, unknown 3, unknown 1");
  }

  @Test
  void tail_newRecords_comeAsTheyAreApplied() {
    allocate("cad", "ann");
    Iterator<LedgerRecord> tail = stub().tail(ReadLedgerRequest.getDefaultInstance());
    List<String> kinds = new ArrayList<>();
    for (int i = 0; i < 7; i++) kinds.add(tail.next().getKind());
    assertThat(kinds).endsWith("GRANTED", "SEAL");
    allocate("cad", "bob");
    assertThat(tail.next().getHolder()).isEqualTo("user:bob");
    assertThat(tail.next().getKind()).isEqualTo("SEAL");
  }

  @Test
  void tail_slowReader_isClosedWithTheWayOn() throws Exception {
    for (int i = 0; i < 600; i++) allocate("sim", "holder-" + "x".repeat(100) + i);
    ClientCall<ReadLedgerRequest, LedgerRecord> call =
        node.admin()
            .newCall(
                LedgerServiceGrpc.getTailMethod(),
                io.grpc.CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
    CompletableFuture<Status> end = new CompletableFuture<>();
    List<LedgerRecord> taken = new ArrayList<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(LedgerRecord record) {
            taken.add(record);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.sendMessage(ReadLedgerRequest.getDefaultInstance());
    call.halfClose();
    // Taking one and no more: the rest stays in the connection's buffers until they are full.
    call.request(1);
    eventuallyClosed(call, end);
    Status status = end.get(10, TimeUnit.SECONDS);
    assertThat(status.getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(status.getDescription()).contains("go on after position");
    long resume =
        Long.parseLong(status.getDescription().replaceAll(".*position `([0-9]+)`.*", "$1"));
    assertThat(resume).isLessThanOrEqualTo(taken.getLast().getPosition());
  }

  /** Lets the reader sleep for longer than the service has patience, then take what was sent. */
  private static void eventuallyClosed(
      ClientCall<ReadLedgerRequest, LedgerRecord> call, CompletableFuture<Status> end)
      throws InterruptedException {
    Thread.sleep(1_000);
    for (int i = 0; i < 100 && !end.isDone(); i++) {
      call.request(100);
      Thread.sleep(20);
    }
  }

  @Test
  void trace_leaseOrRequest_tellsItsWholeStory() {
    Grant grant = allocate("cad", "ann");
    allocate("cad", "bob");
    release(grant);
    List<LedgerRecord> byLease =
        list(stub().trace(TraceRequest.newBuilder().setLeaseId(grant.getLeaseId()).build()));
    assertThat(byLease).extracting(LedgerRecord::getKind).containsExactly("GRANTED", "RELEASED");
    assertThat(byLease).extracting(LedgerRecord::getHolder).containsOnly("user:ann");
    assertThat(list(stub().trace(TraceRequest.newBuilder().setRequestId("r1").build())))
        .isEqualTo(byLease);
  }

  @Test
  void verify_intactLedger_saysSo() {
    allocate("cad", "ann");
    VerifyLedgerResponse response = stub().verify(VerifyLedgerRequest.getDefaultInstance());
    assertThat(response.getFault()).isEmpty();
    assertThat(response.getIntact()).isTrue();
    assertThat(response.getRecords()).isEqualTo(7);
    assertThat(response.getHead()).hasSize(64);
  }

  @Test
  void calls_badRequests_areNamed() {
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "limit: is `100001`, allowed are 1 to 100000",
        () -> list(stub().read(ReadLedgerRequest.newBuilder().setLimit(100_001).build())));
    assertCode(
        Status.Code.NOT_FOUND,
        "tenant",
        () -> list(stub().read(ReadLedgerRequest.newBuilder().setTenant("nobody").build())));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "what: one of lease_id and request_id is required",
        () -> list(stub().trace(TraceRequest.getDefaultInstance())));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "lease_id: is not an id",
        () -> list(stub().trace(TraceRequest.newBuilder().setLeaseId("x").build())));
  }

  private LedgerServiceGrpc.LedgerServiceBlockingStub stub() {
    return LedgerServiceGrpc.newBlockingStub(node.admin()).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  private static List<LedgerRecord> list(Iterator<LedgerRecord> records) {
    List<LedgerRecord> list = new ArrayList<>();
    records.forEachRemaining(list::add);
    return list;
  }

  private AllocateRequest request(String entitlement, String subject) {
    long us = log.wallUs();
    return AllocateRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(Timestamp.newBuilder().setSeconds(us / SECOND_US))
        .setAttempt(1)
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .setSession("s")
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement))
        .build();
  }

  private Grant allocate(String entitlement, String subject) {
    return licensing().allocate(request(entitlement, subject)).getGranted().getGrants(0);
  }

  private void refused(String entitlement, String subject) {
    assertThat(licensing().allocate(request(entitlement, subject)).hasRefused()).isTrue();
  }

  private void release(Grant grant) {
    assertThat(
            licensing()
                .release(
                    ReleaseRequest.newBuilder()
                        .setLeaseId(grant.getLeaseId())
                        .setToken(grant.getToken())
                        .build())
                .hasEnded())
        .isTrue();
  }

  private LicensingServiceGrpc.LicensingServiceBlockingStub licensing() {
    return LicensingServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private static void assertCode(Status.Code code, String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static Entitlement sessions(String name, long limit) {
    return Entitlement.newBuilder()
        .setName(name)
        .setLimit(limit)
        .setConcurrentSession(
            ConcurrentSession.newBuilder()
                .setTtlUs(60 * SECOND_US)
                .setTtlMaxUs(120 * SECOND_US)
                .setGraceUs(5 * SECOND_US)
                .setSharing(Sharing.SHARING_SESSION))
        .build();
  }
}
