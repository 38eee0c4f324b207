package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Lease;
import dev.tallygate.proto.v1.LeaseState;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceBlockingStub;
import dev.tallygate.proto.v1.ListLeasesRequest;
import dev.tallygate.proto.v1.ListLeasesResponse;
import dev.tallygate.proto.v1.ListPoolsRequest;
import dev.tallygate.proto.v1.ListPoolsResponse;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.server.call.OneLog;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ListPools and ListLeases over real gRPC, on the real core. */
class ListsTest {
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
        sessions("cad", 5_000, Sharing.SHARING_SESSION, 0),
        sessions("linger", 5, Sharing.SHARING_SUBJECT, 30),
        calendar("calls", 10).toBuilder()
            .addPartitionBy("subject")
            .addPartitionBy("properties")
            .addPartitionBy("account")
            .setPartitionsMax(50)
            .build(),
        calendar("exports", 7).toBuilder().addFeatures("api").addFeatures("export").build());
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
  void listPools_untouched_hasTheOnlyPoolsByName() {
    ListPoolsResponse page = pools(ListPoolsRequest.getDefaultInstance());
    assertThat(page.getPoolsList())
        .extracting(Pool::getEntitlement)
        .containsExactly("cad", "exports", "linger");
    assertThat(page.getPoolsList())
        .extracting(Pool::getModel)
        .containsExactly("concurrent-session", "metered", "concurrent-session");
    assertThat(page.getPools(1).getFree()).isEqualTo(7);
    assertThat(page.getNextPageToken()).isEmpty();
    assertThat(page.getRevision()).hasSize(ClusterIds.LENGTH);
  }

  @Test
  void pools_ofAnEntitlementWithFeatures_showThem() {
    assertThat(
            pools(ListPoolsRequest.newBuilder().setEntitlementPrefix("exports").build())
                .getPools(0)
                .getFeaturesList())
        .containsExactly("api", "export");
    assertThat(node.pool("exports", "").getPool().getFeaturesList())
        .containsExactly("api", "export");
    assertThat(node.pool("cad", "").getPool().getFeaturesList()).isEmpty();
  }

  @Test
  void listPools_inPages_hasEachOnceWithTheCountsOfGetPool() {
    for (int i = 0; i < 12; i++) call("acc-%02d".formatted(i), 1 + i % 3);
    take("cad", "ann", "s1");
    for (int size = 1; size <= 17; size++) {
      List<Pool> all = new ArrayList<>();
      ListPoolsRequest.Builder request = ListPoolsRequest.newBuilder().setPageSize(size);
      do {
        ListPoolsResponse page = pools(request.build());
        assertThat(page.getPoolsCount()).isLessThanOrEqualTo(size);
        all.addAll(page.getPoolsList());
        request.setPageToken(page.getNextPageToken());
      } while (!request.getPageToken().isEmpty());
      assertThat(all).hasSize(15);
      assertThat(all)
          .isSortedAccordingTo(
              java.util.Comparator.comparing(Pool::getEntitlement)
                  .thenComparing(Pool::getPartition));
      for (Pool pool : all)
        assertThat(node.pool(pool.getEntitlement(), pool.getPartition()).getPool()).isEqualTo(pool);
    }
  }

  // One list of a data caller is being read and goes on, and as many wait as may.
  @Test
  void fullQueueOfDataCallers_leavesAdministratorsTheirLists() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    ListCalls ofData = node.feature.dataLists();
    try {
      ofData.answer(
          new Nobody(),
          () -> {
            begun.countDown();
            return awaited(end);
          });
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < ListCalls.WAITING_MAX; i++) ofData.answer(new Nobody(), () -> "");
      assertThatThrownBy(() -> pools(ListPoolsRequest.getDefaultInstance()))
          .hasMessageContaining("RESOURCE_EXHAUSTED")
          .hasMessageContaining("lists waiting");
      assertThat(
              LicensingServiceGrpc.newBlockingStub(node.admin())
                  .withDeadlineAfter(5, TimeUnit.SECONDS)
                  .listPools(ListPoolsRequest.getDefaultInstance())
                  .getPoolsList())
          .hasSize(3);
    } finally {
      end.countDown();
    }
  }

  private static String awaited(CountDownLatch end) {
    try {
      return String.valueOf(end.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A caller who takes whatever comes. */
  private static final class Nobody extends ServerCallStreamObserver<String> {
    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void onNext(String value) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  @Test
  void listPools_filtered_hasThoseAlone() {
    for (int i = 0; i < 3; i++) call("acc-" + i, 1);
    assertThat(
            pools(ListPoolsRequest.newBuilder().setEntitlementPrefix("c").build()).getPoolsList())
        .extracting(Pool::getEntitlement)
        .containsExactly("cad", "calls", "calls", "calls");
    ListPoolsResponse one = pools(ListPoolsRequest.newBuilder().setPartition("acc-1").build());
    assertThat(one.getPoolsList()).hasSize(1);
    assertThat(one.getPools(0).getUsed()).isEqualTo(1);
    assertThat(one.getPools(0).hasResetsAt()).isTrue();
    assertThat(pools(ListPoolsRequest.newBuilder().setPartition("nobody").build()).getPoolsList())
        .isEmpty();
  }

  // The entitlements go, or count in another way, while units of them are out.
  @Test
  void lists_retiredPools_standBesideTheOthersUntilTheyAreDrained() {
    Grant lease = take("cad", "ann", "s1");
    call("acc-1", 2);
    log.catalog(calendar("cad", 7));
    for (int size = 1; size <= 4; size++) {
      List<Pool> all = new ArrayList<>();
      ListPoolsRequest.Builder request = ListPoolsRequest.newBuilder().setPageSize(size);
      do {
        ListPoolsResponse page = pools(request.build());
        all.addAll(page.getPoolsList());
        request.setPageToken(page.getNextPageToken());
      } while (!request.getPageToken().isEmpty());
      assertThat(all)
          .extracting(pool -> pool.getEntitlement() + " " + pool.getModel() + pool.getRetired())
          .containsExactly("cad concurrent-sessiontrue", "cad meteredfalse", "calls meteredtrue");
      assertThat(all.get(0).getHeld()).isEqualTo(1);
      assertThat(all.get(0).getLimit()).isZero();
      assertThat(all.get(1).getCarried()).isEqualTo(1);
      assertThat(all.get(1).getFree()).isEqualTo(6);
    }
    assertThat(node.pool("cad", "").getPool().getRetired()).isFalse();
    assertThat(node.pool("calls", "acc-1").getPool().getRetired()).isTrue();
    ListLeasesRequest ofCad = ListLeasesRequest.newBuilder().setEntitlement("cad").build();
    assertThat(leases(ofCad).getLeases(0).getRetired()).isTrue();
    release(lease);
    assertThat(leases(ofCad).getLeasesList()).isEmpty();
    assertThat(node.pool("cad", "").getPool().getFree()).isEqualTo(7);
  }

  // A pool that a page ended at is dropped, and others are made: what stays is met once.
  @Test
  void listPools_changedBetweenPages_hasWhatStaysOnce() {
    for (int i = 0; i < 6; i++) call("acc-" + i, 1);
    ListPoolsRequest.Builder request = ListPoolsRequest.newBuilder().setPageSize(3);
    ListPoolsResponse first = pools(request.build());
    assertThat(first.getPoolsList())
        .extracting(Pool::getPartition)
        .containsExactly("", "acc-0", "acc-1");
    log.skip(2 * 86_400 * SECOND_US);
    log.pass(100);
    for (int i = 2; i < 6; i++) call("acc-" + i, 2);
    call("acc-9", 1);
    List<String> rest = new ArrayList<>();
    request.setPageToken(first.getNextPageToken()).setPageSize(100);
    pools(request.build()).getPoolsList().forEach(pool -> rest.add(pool.getPartition()));
    assertThat(rest).containsSubsequence("acc-2", "acc-3", "acc-4", "acc-5", "acc-9", "", "");
  }

  @Test
  void listLeases_leasesHoldsAndLingering_sayWhoHoldsWhatSinceWhen() {
    Grant live = take("cad", "ann", "s1");
    log.pass(10_000);
    Grant lingering = take("linger", "bob", "");
    release(lingering);
    Grant hold = hold("exports", "eve", 3);
    ListLeasesResponse page = leases(ListLeasesRequest.getDefaultInstance());
    assertThat(page.getLeasesList())
        .extracting(Lease::getLeaseId)
        .containsExactly(live.getLeaseId(), hold.getLeaseId(), lingering.getLeaseId());
    Lease first = page.getLeases(0);
    assertThat(first.getState()).isEqualTo(LeaseState.LEASE_STATE_LIVE);
    assertThat(first.getHolder())
        .isEqualTo(Subject.newBuilder().setType("user").setId("ann").build());
    assertThat(first.getSession()).isEqualTo("s1");
    assertThat(first.getToken()).isEqualTo(live.getToken());
    assertThat(first.getTtl().getSeconds()).isBetween(48L, 50L);
    assertThat(first.getUntil().getSeconds() - first.getSince().getSeconds()).isBetween(59L, 61L);
    assertThat(first.getRequestId()).isEqualTo("r1");
    assertThat(first.hasIssuedAt()).isTrue();
    assertThat(page.getLeases(1).getState()).isEqualTo(LeaseState.LEASE_STATE_HOLD);
    assertThat(page.getLeases(1).getUnits()).isEqualTo(3);
    assertThat(page.getLeases(2).getState()).isEqualTo(LeaseState.LEASE_STATE_LINGERING);
    assertThat(page.getLeases(2).getTtl().getSeconds()).isZero();
    assertThat(page.getLeases(2).getHolder().getId()).isEqualTo("bob");
    log.pass(40_000);
    assertThat(leases(ListLeasesRequest.getDefaultInstance()).getLeasesList())
        .as("the hold was charged, the session has lingered its time")
        .extracting(Lease::getLeaseId)
        .containsExactly(live.getLeaseId());
  }

  @Test
  void listLeases_inPages_isOldestFirstAndPinnedToTheFirst() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 50; i++) ids.add(take("cad", "user-" + i % 5, "s" + i).getLeaseId());
    ListLeasesRequest.Builder request =
        ListLeasesRequest.newBuilder().setEntitlement("cad").setPageSize(7);
    List<String> seen = new ArrayList<>();
    for (int pages = 0; pages == 0 || !request.getPageToken().isEmpty(); pages++) {
      ListLeasesResponse page = leases(request.build());
      page.getLeasesList().forEach(lease -> seen.add(lease.getLeaseId()));
      request.setPageToken(page.getNextPageToken());
      take("cad", "late", "late-" + pages);
    }
    assertThat(seen).isEqualTo(ids);
  }

  @Test
  void listLeases_ofAHolder_looksAtABoundedNumberAPage() {
    for (int i = 0; i < 2_500; i++) take("cad", "crowd", "c" + i);
    String one = take("cad", "ann", "s1").getLeaseId();
    String two = take("linger", "ann", "").getLeaseId();
    ListLeasesRequest.Builder request =
        ListLeasesRequest.newBuilder().setHolder(Subject.newBuilder().setType("user").setId("ann"));
    assertThat(leases(request.build()).getLeasesList())
        .extracting(Lease::getLeaseId)
        .containsExactly(one, two);
    assertThat(leases(request.setEntitlement("linger").build()).getLeasesList())
        .extracting(Lease::getLeaseId)
        .containsExactly(two);
    request.setHolder(Subject.newBuilder().setId("ann"));
    assertThat(leases(request.build()).getLeasesList()).as("of another type").isEmpty();
  }

  @Test
  void page_thatHasLookedEnough_endsAndGoesOn() throws Exception {
    Page page =
        Page.begin(
            tenant(),
            new ClusterIds(TestNode.CLUSTER),
            1_000_000,
            "",
            PageToken.query("leases", 1));
    for (int i = 0; i < Page.SIZE_MAX - 1; i++) page.find();
    assertThat(page.full()).isFalse();
    page.find();
    assertThat(page.full()).as("no page is larger than that").isTrue();
    Page wasted =
        Page.begin(tenant(), new ClusterIds(TestNode.CLUSTER), 1, "", PageToken.query("leases", 1));
    for (int i = 0; i < Page.LOOKS_MAX - 1; i++) wasted.look();
    assertThat(wasted.full()).isFalse();
    wasted.look();
    assertThat(wasted.full()).isTrue();
  }

  private dev.tallygate.raft.state.TenantView tenant() {
    return java.util.Objects.requireNonNull(log.view().tenant("default"));
  }

  @Test
  void tokens_forgedForeignOrOfAnotherFilter_areRefused() {
    for (int i = 0; i < 4; i++) take("cad", "ann", "s" + i);
    ListLeasesRequest request = ListLeasesRequest.newBuilder().setPageSize(1).build();
    String token = leases(request).getNextPageToken();
    assertThat(token).isNotEmpty();
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "page_token",
        () -> leases(request.toBuilder().setPageToken(token).setEntitlement("cad").build()));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "page_token",
        () -> pools(ListPoolsRequest.newBuilder().setPageToken(token).build()));
    for (int i = 0; i < token.length(); i++) {
      char[] altered = token.toCharArray();
      altered[i] = altered[i] == 'x' ? 'y' : 'x';
      assertThatThrownBy(
              () -> leases(request.toBuilder().setPageToken(new String(altered)).build()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e ->
                  assertThat(e.getStatus().getCode())
                      .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.FAILED_PRECONDITION));
    }
    for (String forged :
        List.of(".", "a.b", token + "=", token.substring(0, token.indexOf('.') + 1), "😀"))
      assertCode(
          Status.Code.INVALID_ARGUMENT,
          "page_token",
          () -> leases(request.toBuilder().setPageToken(forged).build()));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "page_token: has 20000 bytes",
        () -> leases(request.toBuilder().setPageToken("x".repeat(20_000)).build()));
    String foreign =
        new PageToken(1, "cad", 1, new byte[0], 0)
            .write(new ClusterIds(new UUID(1, 2)), PageToken.query("leases", 1, "", "", "", ""));
    assertCode(
        Status.Code.FAILED_PRECONDITION,
        "another cluster",
        () -> leases(request.toBuilder().setPageToken(foreign).build()));
  }

  @Test
  void token_ofWhatIsNotAppliedHere_isUnavailable() {
    String ahead =
        new PageToken(1_000_000, "cad", 1, new byte[0], 0)
            .write(new ClusterIds(TestNode.CLUSTER), PageToken.query("leases", 1, "", "", "", ""));
    assertCode(
        Status.Code.UNAVAILABLE,
        "not applied",
        () -> leases(ListLeasesRequest.newBuilder().setPageToken(ahead).build()));
  }

  @Test
  void badFields_areNamed() {
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "page_size",
        () -> leases(ListLeasesRequest.newBuilder().setPageSize(-1).build()));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "holder.id",
        () ->
            leases(
                ListLeasesRequest.newBuilder()
                    .setHolder(Subject.newBuilder().setType("u"))
                    .build()));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "entitlement_prefix",
        () -> pools(ListPoolsRequest.newBuilder().setEntitlementPrefix("x".repeat(65)).build()));
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "partition",
        () -> pools(ListPoolsRequest.newBuilder().setPartition("x".repeat(257)).build()));
    assertCode(
        Status.Code.NOT_FOUND,
        "entitlement",
        () -> leases(ListLeasesRequest.newBuilder().setEntitlement("none").build()));
    assertCode(
        Status.Code.NOT_FOUND,
        "tenant",
        () -> pools(ListPoolsRequest.newBuilder().setTenant("none").build()));
  }

  @Test
  void listLeases_onTheDataListener_isForbidden() {
    assertCode(
        Status.Code.PERMISSION_DENIED,
        "ListLeases",
        () ->
            LicensingServiceGrpc.newBlockingStub(node.data)
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .listLeases(ListLeasesRequest.getDefaultInstance()));
  }

  @Test
  void lists_onANodeThatStops_areUnavailable() {
    node.feature.drain();
    assertCode(
        Status.Code.UNAVAILABLE, "stopping", () -> pools(ListPoolsRequest.getDefaultInstance()));
  }

  private ListPoolsResponse pools(ListPoolsRequest request) {
    return stub(node.data).listPools(request);
  }

  private ListLeasesResponse leases(ListLeasesRequest request) {
    return stub(node.admin).listLeases(request);
  }

  private static LicensingServiceBlockingStub stub(io.grpc.Channel channel) {
    return LicensingServiceGrpc.newBlockingStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private Grant take(String entitlement, String subject, String session) {
    return granted(request(entitlement, subject, 1).setSession(session).build());
  }

  private Grant hold(String entitlement, String subject, long units) {
    return granted(request(entitlement, subject, units).setHold(true).build());
  }

  private void call(String account, long units) {
    AllocateRequest.Builder request = request("calls", "svc", units);
    request
        .getSubjectBuilder()
        .putProperties("account", Value.newBuilder().setStringValue(account).build());
    var unused = granted(request.build());
  }

  private AllocateRequest.Builder request(String entitlement, String subject, long units) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + ++requests)
        .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(units));
  }

  private Grant granted(AllocateRequest request) {
    var response = node.allocate(request);
    assertThat(response.hasGranted()).as("%s", response).isTrue();
    return response.getGranted().getGrants(0);
  }

  private void release(Grant grant) {
    node.release(
        ReleaseRequest.newBuilder()
            .setLeaseId(grant.getLeaseId())
            .setToken(grant.getToken())
            .build());
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
}
