package dev.tallygate.server.licensing;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LeaseEnded;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.ThresholdReached;
import dev.tallygate.proto.v1.WatchEvent;
import dev.tallygate.proto.v1.WatchRequest;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.call.OneLog;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watch over real gRPC: what is told, where it goes on, and who is cut off. */
class WatchTest {
  private static final long SECOND_US = 1_000_000;
  private static final long WAIT_MS = 10_000;

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir.resolve("ledger"));
    log.lead("n1");
    log.catalog(
        sessions("cad", 20_000, 0),
        sessions("linger", 5, 30),
        Entitlement.newBuilder()
            .setName("exports")
            .setLimit(100)
            .setMetered(
                Metered.newBuilder()
                    .setCalendar(Calendar.CALENDAR_DAY)
                    .setTimeZone("UTC")
                    .setHoldTtlUs(30 * SECOND_US))
            .build());
    node = new TestNode(log, "n1");
  }

  @AfterEach
  void stop() throws Exception {
    assertThat(node.halted.get()).isNull();
    node.close();
    log.close();
  }

  @Test
  void everyWayToEnd_isToldOnceAndInOrder() {
    Iterator<WatchEvent> events = watch(WatchRequest.getDefaultInstance());
    assertThat(events.next().hasProgress()).as("at once").isTrue();
    Grant released = take("cad", "ann");
    Grant revoked = take("cad", "bob");
    Grant before = take("cad", "eve");
    Grant expired = take("cad", "eve");
    assertThat(expired.getResumed()).isTrue();
    Grant committed = hold(5);
    Grant cancelled = hold(1);
    Grant lapsed = hold(2);
    release(released);
    revoke(revoked);
    node.commit(
        CommitRequest.newBuilder()
            .setLeaseId(committed.getLeaseId())
            .setToken(committed.getToken())
            .setUnits(3)
            .build());
    node.cancel(
        CancelRequest.newBuilder()
            .setLeaseId(cancelled.getLeaseId())
            .setToken(cancelled.getToken())
            .build());
    Grant lingering = take("linger", "kim");
    release(lingering);
    log.pass(70_000);
    List<LeaseEnded> ended = ended(events, 8);
    assertThat(ended)
        .extracting(LeaseEnded::getReason, LeaseEnded::getLeaseId, LeaseEnded::getCharged)
        .containsExactly(
            tuple(EndReason.END_REASON_SUPERSEDED, before, 0),
            tuple(EndReason.END_REASON_RELEASED, released, 0),
            tuple(EndReason.END_REASON_REVOKED, revoked, 0),
            tuple(EndReason.END_REASON_COMMITTED, committed, 3),
            tuple(EndReason.END_REASON_CANCELLED, cancelled, 0),
            tuple(EndReason.END_REASON_RELEASED, lingering, 0),
            tuple(EndReason.END_REASON_HOLD_EXPIRED, lapsed, 2),
            tuple(EndReason.END_REASON_EXPIRED, expired, 0));
    assertThat(ended).extracting(LeaseEnded::getEntitlement).contains("cad", "linger", "exports");
  }

  @Test
  void supersededLease_givesNoTokenAway() {
    Iterator<WatchEvent> events = watch(WatchRequest.getDefaultInstance());
    events.next();
    Grant before = take("cad", "eve");
    Grant resumed = take("cad", "eve");
    assertThat(resumed.getToken()).isNotEqualTo(before.getToken());
    LeaseEnded ended = ended(events, 1).get(0);
    assertThat(ended)
        .isEqualTo(
            LeaseEnded.newBuilder()
                .setReason(EndReason.END_REASON_SUPERSEDED)
                .setLeaseId(before.getLeaseId())
                .setEntitlement("cad")
                .build());
  }

  private static org.assertj.core.groups.Tuple tuple(EndReason reason, Grant grant, long charged) {
    return org.assertj.core.groups.Tuple.tuple(reason, grant.getLeaseId(), charged);
  }

  /** Once for each time that use reaches it, with whatever else happens around it. */
  @Test
  void watch_thresholdReached_isToldOnce() {
    log.catalog(sessions("cad", 4, 0).toBuilder().addThresholds(50).addThresholds(75).build());
    Iterator<WatchEvent> events = watch(WatchRequest.newBuilder().setEntitlement("cad").build());
    events.next();
    for (String holder : List.of("ann", "bob", "cid")) take("cad", holder);
    List<WatchEvent> told = events(events, 2);
    assertThat(told)
        .extracting(event -> event.getThreshold().getPercentsList())
        .containsExactly(List.of(50), List.of(75));
    assertThat(told.get(0).getThreshold())
        .isEqualTo(
            ThresholdReached.newBuilder()
                .setEntitlement("cad")
                .addPercents(50)
                .setLimit(4)
                .setTaken(2)
                .build());
    WatchRequest resumed =
        WatchRequest.newBuilder().setResumeAfter(told.get(0).getRevision()).build();
    assertThat(events(watch(resumed), 1)).containsExactly(told.get(1));
  }

  @Test
  void watchOfAnEntitlement_hearsOfNoOther() {
    Iterator<WatchEvent> events = watch(WatchRequest.newBuilder().setEntitlement("linger").build());
    events.next();
    release(take("cad", "ann"));
    Grant wanted = take("linger", "ann");
    release(wanted);
    assertThat(ended(events, 1).get(0).getLeaseId()).isEqualTo(wanted.getLeaseId());
  }

  @Test
  void resumedAfterAnyEvent_goesOnWithoutGapOrRepeat() {
    String start = watch(WatchRequest.getDefaultInstance()).next().getRevision();
    for (int i = 0; i < 20; i++) release(take("cad", "user-" + i));
    List<WatchEvent> all =
        events(watch(WatchRequest.newBuilder().setResumeAfter(start).build()), 20);
    for (int i = 0; i < 20; i++) {
      WatchRequest resumed =
          WatchRequest.newBuilder().setResumeAfter(all.get(i).getRevision()).build();
      // A connection of its own: one has places for a few watches only.
      ManagedChannel connection = node.connect();
      Iterator<WatchEvent> rest = watch(connection, resumed);
      assertThat(events(rest, 19 - i)).isEqualTo(all.subList(i + 1, 20));
      connection.shutdownNow();
    }
  }

  // The revision of an answer is a place to watch from: that of a list, or of a grant.
  @Test
  void resumedAfterAGrantsRevision_hearsOfItsEnd() {
    var granted = node.allocate(request("cad", "ann", 1).build());
    Grant grant = granted.getGranted().getGrants(0);
    release(grant);
    WatchRequest resumed = WatchRequest.newBuilder().setResumeAfter(granted.getRevision()).build();
    assertThat(ended(watch(resumed), 1).get(0).getLeaseId()).isEqualTo(grant.getLeaseId());
  }

  @Test
  void progress_comesEachSecondAndCoversWhatWasSent() {
    Iterator<WatchEvent> events = watch(WatchRequest.getDefaultInstance());
    events.next();
    release(take("cad", "ann"));
    WatchEvent event = events.next();
    long startNs = System.nanoTime();
    WatchEvent first = events.next();
    WatchEvent second = events.next();
    assertThat(first.hasProgress() && second.hasProgress()).isTrue();
    assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(4));
    assertThat(first.getRevision()).isGreaterThanOrEqualTo(event.getRevision());
    release(take("cad", "bob"));
    WatchRequest resumed = WatchRequest.newBuilder().setResumeAfter(second.getRevision()).build();
    assertThat(ended(watch(resumed), 1)).hasSize(1);
  }

  @Test
  void slowReader_isClosedAbortedWithWhereToGoOn() throws Exception {
    String start = watch(WatchRequest.getDefaultInstance()).next().getRevision();
    List<WatchEvent> received = new ArrayList<>();
    CompletableFuture<Status> end = new CompletableFuture<>();
    CompletableFuture<Metadata> trailers = new CompletableFuture<>();
    ClientCall<WatchRequest, WatchEvent> call =
        node.data.newCall(LicensingServiceGrpc.getWatchMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(WatchEvent event) {
            received.add(event);
          }

          @Override
          public void onClose(Status status, Metadata with) {
            trailers.complete(with);
            end.complete(status);
          }
        },
        new Metadata());
    call.sendMessage(WatchRequest.newBuilder().setResumeAfter(start).build());
    call.halfClose();
    // More than the window of the stream holds, and nobody asks for any of it for a while.
    for (int i = 0; i < 3_000; i++) release(take("cad", "user-" + i));
    assertThatThrownBy(() -> end.get(1_500, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    call.request(100_000);
    assertThat(end.get(WAIT_MS, TimeUnit.MILLISECONDS).getCode()).isEqualTo(Status.Code.ABORTED);
    com.google.rpc.Status status =
        java.util.Objects.requireNonNull(
            io.grpc.protobuf.StatusProto.fromStatusAndTrailers(end.get(), trailers.get()));
    String resume =
        status.getDetails(0).unpack(com.google.rpc.ErrorInfo.class).getMetadataOrThrow("resume-at");
    List<String> leases = new ArrayList<>();
    for (WatchEvent event : received)
      if (event.hasEnded()) leases.add(event.getEnded().getLeaseId());
    assertThat(leases).hasSizeLessThan(3_000);
    WatchRequest rest = WatchRequest.newBuilder().setResumeAfter(resume).build();
    for (LeaseEnded ended : ended(watch(rest), 3_000 - leases.size()))
      leases.add(ended.getLeaseId());
    assertThat(leases).doesNotHaveDuplicates().hasSize(3_000);
  }

  @Test
  void belowWhatIsHeld_isOutOfRange() throws Exception {
    Path joined = dir.resolve("joined");
    Files.createDirectories(joined);
    Files.createFile(joined.resolve("00000000000000100000.ledger"));
    try (LedgerFiles files = LedgerFiles.open(joined);
        TestNode other = new TestNode(log, "n2", calls -> List.of(), files)) {
      var stub =
          LicensingServiceGrpc.newBlockingStub(other.data)
              .withDeadlineAfter(WAIT_MS, TimeUnit.MILLISECONDS);
      assertThatThrownBy(
              () ->
                  stub.watch(
                          WatchRequest.newBuilder()
                              .setResumeAfter(new ClusterIds(TestNode.CLUSTER).format(2))
                              .build())
                      .next())
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("OUT_OF_RANGE")
          .hasMessageContaining("does not hold");
      assertThat(stub.watch(WatchRequest.getDefaultInstance()).next().hasProgress())
          .as("from now on it can tell")
          .isTrue();
    }
  }

  @Test
  void badRequests_areNamed() {
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "resume_after",
        WatchRequest.newBuilder().setResumeAfter("yesterday").build());
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "entitlement",
        WatchRequest.newBuilder().setEntitlement("x".repeat(65)).build());
    assertCode(
        Status.Code.NOT_FOUND, "tenant", WatchRequest.newBuilder().setTenant("nobody").build());
    assertCode(
        Status.Code.FAILED_PRECONDITION,
        "another cluster",
        WatchRequest.newBuilder().setResumeAfter(new ClusterIds(new UUID(1, 2)).format(1)).build());
  }

  @Test
  void oneConnection_leavesPlacesForOthers() throws Exception {
    List<Context.CancellableContext> open = new ArrayList<>();
    for (int i = 0; i < LicensingFeature.WATCHES_EACH_MAX; i++) open.add(openWatch(node.data));
    assertCode(
        Status.Code.RESOURCE_EXHAUSTED,
        "open watches of one connection `8`",
        WatchRequest.getDefaultInstance());
    ManagedChannel other = node.connect();
    try {
      open.add(openWatch(other));
      open.add(openWatch(node.admin()));
    } finally {
      other.shutdownNow();
    }
    open.forEach(context -> context.cancel(null));
    eventually("a place", WAIT_MS, this::findsAPlace);
  }

  @Test
  void tooManyWatches_areRefused_andLeaveAdministratorsTheirs() throws Exception {
    List<ManagedChannel> connections = new ArrayList<>();
    List<Context.CancellableContext> open = new ArrayList<>();
    for (int i = 0; i < LicensingFeature.WATCHES_MAX; i++) {
      if (i % LicensingFeature.WATCHES_EACH_MAX == 0) connections.add(node.connect());
      open.add(openWatch(connections.getLast()));
    }
    assertCode(
        Status.Code.RESOURCE_EXHAUSTED, "open watches `64`", WatchRequest.getDefaultInstance());
    open.add(openWatch(node.admin()));
    open.forEach(context -> context.cancel(null));
    eventually("a place", WAIT_MS, this::findsAPlace);
    connections.forEach(ManagedChannel::shutdownNow);
  }

  /** A watch that has answered. */
  private static Context.CancellableContext openWatch(ManagedChannel connection) {
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(
        () ->
            assertThat(
                    LicensingServiceGrpc.newBlockingStub(connection)
                        .withDeadlineAfter(3 * WAIT_MS, TimeUnit.MILLISECONDS)
                        .watch(WatchRequest.getDefaultInstance())
                        .next()
                        .hasProgress())
                .isTrue());
    return context;
  }

  private boolean findsAPlace() {
    try {
      return watch(WatchRequest.getDefaultInstance()).next().hasProgress();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Test
  void nodeThatStops_endsItsWatches() {
    Iterator<WatchEvent> events = watch(WatchRequest.getDefaultInstance());
    events.next();
    node.ledger.drain();
    assertThatThrownBy(() -> events.forEachRemaining(event -> {}))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  private Iterator<WatchEvent> watch(WatchRequest request) {
    return watch(node.data, request);
  }

  private static Iterator<WatchEvent> watch(ManagedChannel connection, WatchRequest request) {
    return LicensingServiceGrpc.newBlockingStub(connection)
        .withDeadlineAfter(WAIT_MS, TimeUnit.MILLISECONDS)
        .watch(request);
  }

  private static List<WatchEvent> events(Iterator<WatchEvent> from, int count) {
    List<WatchEvent> events = new ArrayList<>();
    while (events.size() < count) {
      WatchEvent event = from.next();
      if (!event.hasProgress()) events.add(event);
    }
    return events;
  }

  private static List<LeaseEnded> ended(Iterator<WatchEvent> from, int count) {
    return events(from, count).stream().map(WatchEvent::getEnded).toList();
  }

  private Grant take(String entitlement, String subject) {
    return node.allocate(request(entitlement, subject, 1).build()).getGranted().getGrants(0);
  }

  private Grant hold(long units) {
    return node.allocate(request("exports", "svc", units).setHold(true).build())
        .getGranted()
        .getGrants(0);
  }

  private AllocateRequest.Builder request(String entitlement, String subject, long units) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(units));
  }

  private void release(Grant grant) {
    node.release(
        ReleaseRequest.newBuilder()
            .setLeaseId(grant.getLeaseId())
            .setToken(grant.getToken())
            .build());
  }

  private void revoke(Grant grant) {
    node.revoke(
        RevokeRequest.newBuilder().setLeaseId(grant.getLeaseId()).setReason("test").build());
  }

  private void assertCode(Status.Code code, String message, WatchRequest request) {
    assertThatThrownBy(() -> watch(request).next())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static Entitlement sessions(String name, long limit, long lingerS) {
    return Entitlement.newBuilder()
        .setName(name)
        .setLimit(limit)
        .setConcurrentSession(
            ConcurrentSession.newBuilder()
                .setTtlUs(60 * SECOND_US)
                .setTtlMaxUs(120 * SECOND_US)
                .setGraceUs(5 * SECOND_US)
                .setLingerUs(lingerS * SECOND_US)
                .setSharing(Sharing.SHARING_SUBJECT))
        .build();
  }
}
