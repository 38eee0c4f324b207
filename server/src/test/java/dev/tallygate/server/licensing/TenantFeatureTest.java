package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.CreateTenantRequest;
import dev.tallygate.proto.v1.DeleteTenantRequest;
import dev.tallygate.proto.v1.DeleteTenantResponse;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetTenantRequest;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListLeasesRequest;
import dev.tallygate.proto.v1.ListTenantsRequest;
import dev.tallygate.proto.v1.ListTenantsResponse;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.ResumeTenantRequest;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.proto.v1.RevokeResponse;
import dev.tallygate.proto.v1.SetLimitRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.SuspendTenantRequest;
import dev.tallygate.proto.v1.Tenant;
import dev.tallygate.proto.v1.TenantServiceGrpc;
import dev.tallygate.proto.v1.TenantState;
import dev.tallygate.proto.v1.TraceRequest;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.catalog.CatalogFeature;
import dev.tallygate.server.ledger.LedgerFeature;
import dev.tallygate.server.tenant.TenantFeature;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tenants over real gRPC: how they come and go, and that nothing of one is reached through another.
 */
class TenantFeatureTest {
  private static final String CAD =
      "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: cad}\nspec:\n"
          + "  model: concurrent-session\n  limit: LIMIT\n  lease: {sharing: session}\n";

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private TestNode follower;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    node = made("n1");
    follower = made("n2");
    create("acme");
    create("umbrella");
    catalog("acme", 2);
    catalog("umbrella", 1);
  }

  private TestNode made(String id) throws Exception {
    return new TestNode(
        log,
        id,
        calls ->
            List.of(
                new CatalogFeature(calls),
                new TenantFeature(calls),
                new LedgerFeature(calls.node(), log.ledger())));
  }

  @AfterEach
  void stop() throws Exception {
    log.audit();
    assertThat(node.halted.get()).isNull();
    node.close();
    follower.close();
    log.close();
  }

  @Test
  void create_new_isThereAndAgainChangesNothing() {
    Tenant made = tenants().create(name("initech")).getTenant();
    assertThat(made.getState()).isEqualTo(TenantState.TENANT_STATE_ACTIVE);
    assertThat(made.getCatalogVersion()).isZero();
    long before = log.commands();
    var again = tenants().create(name("initech"));
    assertThat(again.getCreated()).isFalse();
    assertThat(again.getTenant()).isEqualTo(made);
    assertThat(log.commands()).isEqualTo(before);
  }

  @Test
  void create_onAFollower_isPassedOn() {
    assertThat(
            TenantServiceGrpc.newBlockingStub(follower.admin())
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .create(name("initech"))
                .getCreated())
        .isTrue();
  }

  @Test
  void create_nameOutOfBounds_isRefused() {
    for (String bad : List.of("", "a b", "-a", "ä", "a".repeat(65), "a\0b", "a/b"))
      assertError("INVALID_ARGUMENT: tenant", () -> tenants().create(name(bad)));
  }

  @Test
  void create_asManyAsTheBoundAllows_isFullByName() {
    for (int i = 0; i < 97; i++) create("t" + i);
    assertError("tenants", () -> tenants().create(name("one-more")));
    assertThat(tenants().create(name("t0")).getCreated()).as("is there already").isFalse();
  }

  @Test
  void list_inPages_namesEachOnceByName() {
    for (int i = 0; i < 7; i++) create("t" + i);
    Set<String> seen = new HashSet<>();
    List<String> order = new ArrayList<>();
    String token = "";
    do {
      ListTenantsResponse page =
          tenants()
              .list(ListTenantsRequest.newBuilder().setPageSize(3).setPageToken(token).build());
      assertThat(page.getTenantsCount()).isLessThanOrEqualTo(3);
      for (Tenant tenant : page.getTenantsList()) {
        assertThat(seen.add(tenant.getName())).isTrue();
        order.add(tenant.getName());
      }
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(order).isSorted().hasSize(10);
    assertError(
        "page_token",
        () -> tenants().list(ListTenantsRequest.newBuilder().setPageToken("x").build()));
    assertError(
        "page_size", () -> tenants().list(ListTenantsRequest.newBuilder().setPageSize(-1).build()));
  }

  @Test
  void tenants_onTheDataListener_areNotServed() {
    assertThatThrownBy(() -> TenantServiceGrpc.newBlockingStub(node.data).create(name("x")))
        .hasMessageContaining("UNIMPLEMENTED");
  }

  @Test
  void suspended_everyTakingCall_isRefusedAndWhatIsHeldGoesOn() {
    Grant held = granted(allocate("acme", "ann", "s1", "r1"));
    suspend("acme");
    long before = log.commands();
    AllocateResponse first = node.allocate(ask("acme", "bob", "s2", "r2").setAttempt(1).build());
    assertThat(first.getRefused().getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_SUSPENDED);
    assertThat(log.commands()).as("a first attempt needs no log entry").isEqualTo(before);
    assertReason(RefusalReason.REFUSAL_REASON_SUSPENDED, allocate("acme", "bob", "s2", "r3"));
    // Resuming a session would be a grant like any other.
    assertReason(RefusalReason.REFUSAL_REASON_SUSPENDED, allocate("acme", "ann", "s1", "r4"));
    assertThat(allocate("acme", "ann", "s1", "r1").getGranted().getGrants(0).getToken())
        .as("a repeat is told of its own grant")
        .isEqualTo(held.getToken());
    assertThat(renew("acme", held).hasRenewed()).isTrue();
    assertThat(pool("acme").getPool().getHeld()).isEqualTo(1);
    assertThat(leases("acme")).isEqualTo(1);
    assertThat(release("acme", held).getEnded().getReason())
        .isEqualTo(EndReason.END_REASON_RELEASED);
    granted(allocate("umbrella", "ann", "s1", "r1"));
  }

  @Test
  void suspended_administration_goesOn() {
    suspend("acme");
    catalog("acme", 5);
    assertThat(
            node.setLimit(
                    SetLimitRequest.newBuilder()
                        .setTenant("acme")
                        .setRequestId("limit")
                        .setIssuedAt(now())
                        .setEntitlement("cad")
                        .setLimit(4)
                        .build())
                .getPool()
                .getLimit())
        .isEqualTo(4);
  }

  @Test
  void resume_takesSuspensionBack() {
    suspend("acme");
    long before = log.commands();
    suspend("acme");
    assertThat(log.commands()).as("it is suspended already").isEqualTo(before);
    Tenant back =
        tenants()
            .resume(ResumeTenantRequest.newBuilder().setTenant("acme").setReason("paid").build())
            .getTenant();
    assertThat(back.getState()).isEqualTo(TenantState.TENANT_STATE_ACTIVE);
    granted(allocate("acme", "ann", "s1", "r1"));
    assertThat(kinds("acme")).contains("TENANT_SUSPENDED", "TENANT_RESUMED");
  }

  @Test
  void suspend_unknownOtherNumberOrNoReason_isRefused() {
    SuspendTenantRequest.Builder request =
        SuspendTenantRequest.newBuilder().setTenant("acme").setReason("unpaid");
    assertError("NOT_FOUND", () -> tenants().suspend(request.clone().setTenant("nobody").build()));
    assertError("ABORTED: number", () -> tenants().suspend(request.clone().setNumber(77).build()));
    assertError("reason", () -> tenants().suspend(request.clone().clearReason().build()));
    assertError(
        "reason", () -> tenants().suspend(request.clone().setReason("x".repeat(257)).build()));
  }

  @Test
  void delete_inUse_isRefusedUntilItIsSuspended() {
    granted(allocate("acme", "ann", "s1", "r1"));
    int number = get("acme").getNumber();
    assertError("FAILED_PRECONDITION: the tenant `acme` is in use", () -> delete("acme", number));
    assertThat(renew("acme", granted(allocate("acme", "ann", "s1", "r1"))).hasRenewed()).isTrue();
    suspend("acme");
    delete("acme", number);
    assertError("NOT_FOUND", () -> pool("acme"));
  }

  @Test
  void delete_empty_needsNoSuspension() {
    create("initech");
    int number = get("initech").getNumber();
    delete("initech", number);
    log.pass(1);
    assertError("NOT_FOUND", () -> get("initech"));
    DeleteTenantResponse again = delete("initech", number);
    assertThat(again.getTenant()).isEqualTo(Tenant.getDefaultInstance());
  }

  @Test
  void delete_withoutItsNumberOrDefault_isRefused() {
    suspend("acme");
    assertError("number: is required", () -> delete("acme", 0));
    assertError("ABORTED: number", () -> delete("acme", get("umbrella").getNumber()));
    assertError("NOT_FOUND", () -> delete("nobody", get("umbrella").getNumber()));
    assertError("NOT_FOUND", () -> delete("acme", 99));
    assertError("tenant: is required", () -> delete("", 1));
    assertError("FAILED_PRECONDITION: the tenant `default`", () -> delete("default", 1));
  }

  @Test
  void delete_endsWhatIsHeld_andTheLedgerKeepsTheChain() throws Exception {
    Grant held = granted(allocate("acme", "ann", "s1", "r1"));
    suspend("acme");
    int number = get("acme").getNumber();
    delete("acme", number);
    assertError("NOT_FOUND", () -> renew("acme", held));
    assertError("NOT_FOUND", () -> release("acme", held));
    assertError("NOT_FOUND", () -> allocate("acme", "ann", "s1", "r1"));
    assertError("NOT_FOUND", () -> catalog("acme", 1));
    log.pass(1);
    assertError("NOT_FOUND", () -> get("acme"));
    assertThat(dev.tallygate.raft.store.LedgerChain.verify(log.ledger()).fault()).isNull();
    assertError("NOT_FOUND", () -> ledger("acme"));
    assertThat(ledger(ReadLedgerRequest.newBuilder().setTenantNumber(number)))
        .extracting(LedgerRecord::getKind)
        .filteredOn(kind -> !kind.equals("SEAL"))
        .endsWith("TENANT_SUSPENDED", "TENANT_DELETED", "REVOKED", "POOL_DROPPED", "TENANT_ENDED");
    assertError(
        "tenant_number: stands with",
        () -> ledger(ReadLedgerRequest.newBuilder().setTenant("umbrella").setTenantNumber(number)));
    granted(allocate("umbrella", "ann", "s1", "r1"));
  }

  @Test
  void deletedAndCreatedAgain_nothingOfItsPredecessorMeansAnything() {
    Grant held = granted(allocate("acme", "ann", "s1", "r1"));
    int number = get("acme").getNumber();
    suspend("acme");
    delete("acme", number);
    log.pass(1);
    create("acme");
    catalog("acme", 2);
    assertThat(get("acme").getNumber()).isGreaterThan(number);
    Grant next = granted(allocate("acme", "ann", "s1", "r1"));
    assertThat(next.getResumed()).isFalse();
    assertThat(next.getToken()).as("tokens grow for good").isGreaterThan(held.getToken());
    assertThat(renew("acme", held).hasRenewed()).isFalse();
    assertThat(release("acme", held).getEnded().getReason())
        .isEqualTo(EndReason.END_REASON_FORGOTTEN);
    assertThat(pool("acme").getPool().getHeld()).isEqualTo(1);
    assertError("ABORTED: number", () -> suspend("acme", number));
    // A late retry of the deletion means the one that is gone.
    assertThat(delete("acme", number).getTenant()).isEqualTo(Tenant.getDefaultInstance());
    assertThat(pool("acme").getPool().getHeld()).isEqualTo(1);
    assertThat(kinds("acme")).doesNotContain("TENANT_DELETED");
  }

  @Test
  void create_underANameThatIsBeingEnded_isRefusedUntilItIsFree() {
    hold("acme");
    suspend("acme");
    delete("acme", get("acme").getNumber());
    log.pass(1);
    assertThat(get("acme").getState()).isEqualTo(TenantState.TENANT_STATE_ENDING);
    assertError("FAILED_PRECONDITION: the last tenant `acme`", () -> create("acme"));
    assertThat(
            tenants().list(ListTenantsRequest.getDefaultInstance()).getTenantsList().stream()
                .filter(tenant -> tenant.getState() == TenantState.TENANT_STATE_ENDING)
                .map(Tenant::getName))
        .containsExactly("acme");
    log.skip(601_000_000);
    log.pass(1);
    assertThat(tenants().create(name("acme")).getCreated()).isTrue();
  }

  /** The same ids, names and sessions in two tenants never meet. */
  @Test
  void isolation_sameNamesInTwoTenants_neverMeet() {
    Grant ours = granted(allocate("acme", "ann", "s1", "r1"));
    Grant theirs = granted(allocate("umbrella", "ann", "s1", "r1"));
    assertThat(theirs.getResumed()).isFalse();
    assertReason(RefusalReason.REFUSAL_REASON_EXHAUSTED, allocate("umbrella", "bob", "s2", "r2"));
    granted(allocate("acme", "bob", "s2", "r2"));
    assertThat(pool("acme").getPool().getHeld()).isEqualTo(2);
    assertThat(pool("umbrella").getPool().getHeld()).isEqualTo(1);
    Grant third = granted(allocate("acme", "bob", "s2", "r2"));
    for (Grant of : List.of(ours, third)) {
      assertThat(renew("umbrella", of).hasRenewed()).isFalse();
      assertThat(release("umbrella", of).getEnded().getReason())
          .isNotEqualTo(EndReason.END_REASON_RELEASED);
      assertThat(revoke("umbrella", of).getEnded().getReason())
          .isNotEqualTo(EndReason.END_REASON_REVOKED);
    }
    assertThat(pool("acme").getPool().getHeld()).isEqualTo(2);
    assertThat(pool("umbrella").getPool().getHeld()).isEqualTo(1);
    assertThat(renew("umbrella", theirs).hasRenewed()).isTrue();
    assertThat(renew("acme", ours).hasRenewed()).isTrue();
    assertThat(leases("acme")).isEqualTo(2);
    assertThat(leases("umbrella")).isEqualTo(1);
    assertThat(holders("umbrella")).containsOnly("ann");
    assertThat(trace("umbrella", third.getLeaseId())).isEmpty();
    assertThat(trace("acme", third.getLeaseId())).isNotEmpty();
    assertThat(limits()).containsExactly(2L, 1L);
    catalog("umbrella", 7);
    assertThat(catalogVersion("acme")).isEqualTo(1);
    assertThat(catalogVersion("umbrella")).isEqualTo(2);
    assertThat(limits()).containsExactly(2L, 7L);
  }

  private List<Long> limits() {
    return List.of(pool("acme").getPool().getLimit(), pool("umbrella").getPool().getLimit());
  }

  private long catalogVersion(String tenant) {
    return CatalogServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .get(GetCatalogRequest.newBuilder().setTenant(tenant).build())
        .getVersion();
  }

  private List<String> holders(String tenant) {
    List<String> holders = new ArrayList<>();
    for (LedgerRecord record : ledger(tenant))
      if (!record.getHolder().isEmpty()) holders.add(record.getHolder());
    return holders;
  }

  private List<String> kinds(String tenant) {
    return ledger(tenant).stream().map(LedgerRecord::getKind).toList();
  }

  private List<LedgerRecord> ledger(String tenant) {
    return ledger(ReadLedgerRequest.newBuilder().setTenant(tenant));
  }

  private List<LedgerRecord> ledger(ReadLedgerRequest.Builder request) {
    List<LedgerRecord> records = new ArrayList<>();
    LedgerServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .read(request.build())
        .forEachRemaining(records::add);
    return records;
  }

  private List<LedgerRecord> trace(String tenant, String lease) {
    List<LedgerRecord> records = new ArrayList<>();
    LedgerServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .trace(TraceRequest.newBuilder().setTenant(tenant).setLeaseId(lease).build())
        .forEachRemaining(records::add);
    return records;
  }

  private int leases(String tenant) {
    return LicensingServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .listLeases(ListLeasesRequest.newBuilder().setTenant(tenant).build())
        .getLeasesCount();
  }

  private dev.tallygate.proto.v1.GetPoolResponse pool(String tenant) {
    return LicensingServiceGrpc.newBlockingStub(node.data)
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .getPool(GetPoolRequest.newBuilder().setTenant(tenant).setEntitlement("cad").build());
  }

  private void hold(String tenant) {
    CatalogServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .apply(
            ApplyCatalogRequest.newBuilder()
                .setTenant(tenant)
                .setSet("calls")
                .setYaml(
                    "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: calls}\n"
                        + "spec:\n  model: metered\n  limit: 3\n  window: {rolling: 1h}\n")
                .build());
    AllocateRequest.Builder request = ask(tenant, "ann", "", "hold").clearSession().setHold(true);
    request.getEntitlementsBuilder(0).setEntitlement("calls");
    granted(node.allocate(request.build()));
  }

  private AllocateResponse allocate(String tenant, String holder, String session, String id) {
    return node.allocate(ask(tenant, holder, session, id).build());
  }

  private static AllocateRequest.Builder ask(
      String tenant, String holder, String session, String id) {
    return AllocateRequest.newBuilder()
        .setTenant(tenant)
        .setRequestId(id)
        .setIssuedAt(Timestamp.newBuilder().setSeconds(ISSUED))
        .setSubject(Subject.newBuilder().setId(holder))
        .setSession(session)
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"));
  }

  private static final long ISSUED = 1_767_225_600L;

  private Timestamp now() {
    return Timestamp.newBuilder().setSeconds(log.wallUs() / 1_000_000).build();
  }

  private RenewResponse renew(String tenant, Grant grant) {
    return node.renew(
        RenewRequest.newBuilder()
            .setTenant(tenant)
            .setLeaseId(grant.getLeaseId())
            .setToken(grant.getToken())
            .build());
  }

  private ReleaseResponse release(String tenant, Grant grant) {
    return node.release(
        ReleaseRequest.newBuilder()
            .setTenant(tenant)
            .setLeaseId(grant.getLeaseId())
            .setToken(grant.getToken())
            .build());
  }

  private RevokeResponse revoke(String tenant, Grant grant) {
    return node.revoke(
        RevokeRequest.newBuilder()
            .setTenant(tenant)
            .setLeaseId(grant.getLeaseId())
            .setReason("test")
            .build());
  }

  private static Grant granted(AllocateResponse response) {
    assertThat(response.hasGranted()).as("%s", response).isTrue();
    return response.getGranted().getGrants(0);
  }

  private static void assertReason(RefusalReason reason, AllocateResponse response) {
    assertThat(response.getRefused().getReason()).isEqualTo(reason);
  }

  private static void assertError(
      String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining(message);
  }

  private TenantServiceGrpc.TenantServiceBlockingStub tenants() {
    return TenantServiceGrpc.newBlockingStub(node.admin()).withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private void create(String name) {
    assertThat(tenants().create(name(name)).getCreated()).isTrue();
  }

  private static CreateTenantRequest name(String name) {
    return CreateTenantRequest.newBuilder().setTenant(name).build();
  }

  private Tenant get(String name) {
    return tenants().get(GetTenantRequest.newBuilder().setTenant(name).build()).getTenant();
  }

  private void suspend(String name) {
    suspend(name, 0);
  }

  private void suspend(String name, int number) {
    Tenant suspended =
        tenants()
            .suspend(
                SuspendTenantRequest.newBuilder()
                    .setTenant(name)
                    .setNumber(number)
                    .setReason("unpaid")
                    .build())
            .getTenant();
    assertThat(suspended.getState()).isEqualTo(TenantState.TENANT_STATE_SUSPENDED);
  }

  private DeleteTenantResponse delete(String name, int number) {
    return tenants()
        .delete(
            DeleteTenantRequest.newBuilder()
                .setTenant(name)
                .setNumber(number)
                .setReason("contract ended")
                .build());
  }

  private void catalog(String tenant, long limit) {
    CatalogServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .apply(
            ApplyCatalogRequest.newBuilder()
                .setTenant(tenant)
                .setYaml(CAD.replace("LIMIT", String.valueOf(limit)))
                .build());
  }
}
