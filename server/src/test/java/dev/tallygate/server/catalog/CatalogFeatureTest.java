package dev.tallygate.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.v1.AffectedPool;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.ApplyCatalogResponse;
import dev.tallygate.proto.v1.CatalogHistoryRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.CatalogVersionInfo;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetCatalogResponse;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.PlanCatalogRequest;
import dev.tallygate.proto.v1.PlanCatalogResponse;
import dev.tallygate.proto.v1.RollbackCatalogRequest;
import dev.tallygate.proto.v1.SetLimitRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.UnitsHolder;
import dev.tallygate.proto.v1.ValidateCatalogRequest;
import dev.tallygate.proto.v1.ValidateCatalogResponse;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.licensing.TestNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogFeatureTest {
  private static final String ONE =
      "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: cad}\nspec:\n  model: concurrent-session\n  limit: 1\n";
  private static final String TWO = ONE.replace("limit: 1", "limit: 2");
  private static final String THREE = ONE.replace("limit: 1", "limit: 3");

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private final List<CatalogFeature> features = new ArrayList<>();
  private CatalogServiceGrpc.CatalogServiceBlockingStub catalog;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    node =
        new TestNode(
            log,
            "n1",
            calls -> {
              features.add(new CatalogFeature(calls));
              return List.copyOf(features);
            });
    catalog = CatalogServiceGrpc.newBlockingStub(node.admin());
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
    log.close();
  }

  @Test
  void apply_newText_changesTheVersion() {
    ApplyCatalogResponse first = apply(ONE, 0);
    assertThat(first.getVersion()).isEqualTo(1);
    assertThat(first.getChanged()).isTrue();
    assertThat(first.getEntitlements()).isEqualTo(1);
    assertThat(apply(TWO, 1).getVersion()).isEqualTo(2);
    GetCatalogResponse got = get();
    assertThat(got.getVersion()).isEqualTo(2);
    assertThat(CatalogText.read(got.getYaml()).entitlements())
        .isEqualTo(CatalogText.read(TWO).entitlements());
  }

  // The thread of lists is busy: texts wait for it, and other calls of the same loop do not.
  @Test
  void apply_isReadOffTheEventLoop() throws Exception {
    apply(ONE, 0);
    CountDownLatch end = new CountDownLatch(1);
    assertThat(features.getFirst().lists().begin(() -> await(end))).isNull();
    try {
      var applied =
          CatalogServiceGrpc.newFutureStub(node.admin())
              .apply(ApplyCatalogRequest.newBuilder().setYaml(TWO).build());
      for (int i = 0; i < 3; i++)
        assertThat(
                LicensingServiceGrpc.newBlockingStub(node.admin())
                    .withDeadlineAfter(5, TimeUnit.SECONDS)
                    .getPool(GetPoolRequest.newBuilder().setEntitlement("cad").build())
                    .getPool()
                    .getLimit())
            .isEqualTo(1);
      assertThat(applied.isDone()).isFalse();
      end.countDown();
      assertThat(applied.get(5, TimeUnit.SECONDS).getVersion()).isEqualTo(2);
    } finally {
      end.countDown();
    }
  }

  private static void await(CountDownLatch end) {
    try {
      assertThat(end.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void apply_whatStands_changesNothingWhateverWasExpected() {
    apply(ONE, 0);
    long before = log.commands();
    for (long expected : new long[] {0, 1, 7}) {
      ApplyCatalogResponse again = apply(get().getYaml(), expected);
      assertThat(again.getChanged()).isFalse();
      assertThat(again.getVersion()).isEqualTo(1);
    }
    assertThat(log.commands()).isEqualTo(before);
  }

  @Test
  void apply_otherVersionExpected_isAborted() {
    apply(ONE, 0);
    assertCode(Status.Code.ABORTED, "expected `7`, found `1`", () -> apply(TWO, 7));
    assertThat(get().getVersion()).isEqualTo(1);
  }

  @Test
  void apply_endUnknownButApplied_answersThatItStands() {
    log.endNext(ProposalFailure.UNKNOWN, true);
    ApplyCatalogResponse response = apply(ONE, 0);
    assertThat(response.getVersion()).isEqualTo(1);
    assertThat(response.getChanged()).isTrue();
    assertThat(get().getVersion()).isEqualTo(1);
  }

  @Test
  void apply_endUnknownAndLost_appliesIt() {
    log.endNext(ProposalFailure.UNKNOWN, false);
    assertThat(apply(ONE, 0).getVersion()).isEqualTo(1);
  }

  private void others(String text) {
    log.catalog(CatalogText.read(text).entitlements().toArray(Entitlement[]::new));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void apply_endUnknownAndOthersApplied_answersItsVersionAndLeavesTheirs(long expected) {
    apply(THREE, 0);
    log.endNext(ProposalFailure.UNKNOWN, true, () -> others(TWO));
    ApplyCatalogResponse response = apply(ONE, expected);
    assertThat(response.getVersion()).isEqualTo(2);
    assertThat(response.getChanged()).isTrue();
    assertThat(get().getVersion()).isEqualTo(3);
    assertThat(CatalogText.read(get().getYaml()).entitlements())
        .isEqualTo(CatalogText.read(TWO).entitlements());
  }

  @Test
  void apply_lostAndOthersApplied_appliesItBehindThemOrSaysThatTheyDid() {
    apply(THREE, 0);
    log.endNext(ProposalFailure.UNKNOWN, false, () -> others(TWO));
    assertThat(apply(ONE, 0).getVersion()).isEqualTo(3);
    log.endNext(ProposalFailure.UNKNOWN, false, () -> others(TWO));
    assertCode(Status.Code.ABORTED, "expected `3`, found `4`", () -> apply(THREE, 3));
  }

  @Test
  void rollback_endUnknownAndNoSetNamed_saysThatNobodyKnows() {
    apply(ONE, 0);
    apply(TWO, 0);
    log.endNext(ProposalFailure.UNKNOWN, true);
    assertCode(Status.Code.UNAVAILABLE, "", () -> rollback(1, "", 2));
    assertThat(rollback(1, "default", 2).getChanged()).isFalse();
  }

  @Test
  void apply_faultyText_changesNothingAndNamesEveryFault() {
    apply(ONE, 0);
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "yaml: 6:3: spec.limit: `x` is not a whole number from 0 to 1000000000000000\n7:3: spec.color",
        () ->
            apply(
                "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: a}\nspec:\n  model: concurrent-session\n  limit: x\n  color: red\n",
                0));
    assertThat(get().getVersion()).isEqualTo(1);
  }

  @Test
  void validate_faultyText_namesEveryFaultAndChangesNothing() {
    long before = log.commands();
    ValidateCatalogResponse response =
        stub()
            .validate(
                ValidateCatalogRequest.newBuilder()
                    .setYaml(ONE.replace("limit: 1", "limit: x\n  color: red"))
                    .build());
    assertThat(response.getProblemsList())
        .extracting(problem -> problem.getLine() + ":" + problem.getColumn() + problem.getKey())
        .containsExactly("6:3spec.limit", "7:3spec.color");
    response = stub().validate(ValidateCatalogRequest.newBuilder().setYaml(ONE).build());
    assertThat(response.getProblemsList()).isEmpty();
    assertThat(response.getEntitlements()).isEqualTo(1);
    assertThat(log.commands()).isEqualTo(before);
  }

  @Test
  void apply_removesWhatIsHeld_isDoneAndItsPoolRetires() {
    apply(ONE, 0);
    LicensingServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .allocate(
            AllocateRequest.newBuilder()
                .setRequestId("r")
                .setIssuedAt(
                    com.google.protobuf.Timestamp.newBuilder().setSeconds(log.wallUs() / 1_000_000))
                .setSubject(Subject.newBuilder().setId("ann"))
                .setSession("s")
                .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"))
                .build());
    assertThat(apply("", 0).getChanged()).isTrue();
    assertThat(apply(TWO, 0).getChanged()).as("what comes back goes on").isTrue();
  }

  private static String entitlement(String name, int limit) {
    return ONE.replace("name: cad", "name: " + name).replace("limit: 1", "limit: " + limit);
  }

  @Test
  void apply_set_leavesOtherSetsAsTheyAre() {
    apply(ONE, 0);
    ApplyCatalogResponse other = applySet("team-b", entitlement("cam", 4), 0);
    assertThat(other.getVersion()).isEqualTo(2);
    assertThat(other.getSet()).isEqualTo("team-b");
    assertThat(get().getYaml())
        .contains("# Set default.\n")
        .contains("name: cad")
        .contains("# Set team-b.\n")
        .contains("name: cam");
    assertThat(applySet("team-b", "", 0).getEntitlements()).isZero();
    assertThat(get().getYaml()).contains("name: cad").doesNotContain("cam").doesNotContain("# Set");
    long before = log.commands();
    assertThat(applySet("team-b", "", 0).getChanged()).isFalse();
    assertThat(log.commands()).isEqualTo(before);
  }

  @Test
  void apply_nameOfAnotherSet_isRefusedAndNamesIt() {
    apply(ONE, 0);
    String message =
        "yaml: 8:1: metadata.name: the entitlement `cad` stands in the set `default`: a name is"
            + " unique over all sets";
    String text = entitlement("cam", 4) + "---\n" + TWO;
    assertCode(Status.Code.INVALID_ARGUMENT, message, () -> applySet("team-b", text, 0));
    assertCode(Status.Code.INVALID_ARGUMENT, message, () -> plan("team-b", text));
    assertThat(
            stub()
                .validate(
                    ValidateCatalogRequest.newBuilder().setSet("team-b").setYaml(text).build())
                .getProblemsList())
        .singleElement()
        .satisfies(problem -> assertThat(problem.getWhat()).contains("in the set `default`"));
    assertThat(get().getVersion()).isEqualTo(1);
  }

  @Test
  void apply_nameOfASet_isChecked() {
    for (String name : List.of("team b", ".a", "x".repeat(65)))
      assertCode(
          Status.Code.INVALID_ARGUMENT,
          "set: `" + name + "` is not 1 to 64 of",
          () -> applySet(name, ONE, 0));
    assertThat(applySet("default", ONE, 0).getChanged()).isTrue();
    assertThat(apply(ONE, 0).getChanged()).isFalse();
  }

  @Test
  void history_listsVersionsTheNewestFirst() {
    apply(ONE, 0);
    applySet("team-b", entitlement("cam", 4) + "---\n" + entitlement("cap", 4), 0);
    applySet("team-b", entitlement("cam", 5), 0);
    List<CatalogVersionInfo> versions =
        stub().history(CatalogHistoryRequest.getDefaultInstance()).getVersionsList();
    assertThat(versions).extracting(CatalogVersionInfo::getVersion).containsExactly(3L, 2L, 1L);
    CatalogVersionInfo newest = versions.getFirst();
    assertThat(newest.getSet()).isEqualTo("team-b");
    assertThat(newest.getAppliedAt().getSeconds()).isPositive();
    assertThat(newest.getEntitlements()).isEqualTo(1);
    assertThat(newest.getAdded()).isZero();
    assertThat(newest.getChanged()).isEqualTo(1);
    assertThat(newest.getRemoved()).isEqualTo(1);
    assertThat(
            stub()
                .history(CatalogHistoryRequest.newBuilder().setLimit(1).setBeforeVersion(3).build())
                .getVersionsList())
        .extracting(CatalogVersionInfo::getVersion)
        .containsExactly(2L);
  }

  @Test
  void get_version_saysWhatStoodThen() {
    apply(ONE, 0);
    applySet("team-b", entitlement("cam", 4), 0);
    apply(TWO, 0);
    assertThat(get("", 1)).contains("limit: 1").doesNotContain("cam");
    assertThat(get("", 2)).contains("limit: 1").contains("cam");
    assertThat(get("default", 3)).contains("limit: 2").doesNotContain("cam");
    assertCode(Status.Code.NOT_FOUND, "version: there is no `4`", () -> get("", 4));
  }

  @Test
  void get_versionNoLongerKept_isOutOfRange() {
    for (int limit = 1; limit <= 102; limit++) apply(entitlement("cad", limit), 0);
    assertThat(get("", 3)).contains("limit: 3");
    assertCode(
        Status.Code.OUT_OF_RANGE,
        "version: `2` is not kept any more: the last 100 are",
        () -> get("", 2));
    assertCode(
        Status.Code.OUT_OF_RANGE, "version: `2` is not kept any more", () -> rollback(2, "", 0));
  }

  @Test
  void rollback_version_appliesItsContentAsANewOne() {
    apply(ONE, 0);
    apply(TWO, 0);
    ApplyCatalogResponse back = rollback(1, "", 2);
    assertThat(back.getVersion()).isEqualTo(3);
    assertThat(back.getSet()).isEqualTo("default");
    assertThat(CatalogText.read(get().getYaml()).entitlements())
        .isEqualTo(CatalogText.read(ONE).entitlements());
    assertThat(rollback(1, "", 2).getChanged()).as("a retry is safe").isFalse();
    assertCode(Status.Code.ABORTED, "expected `1`, found `3`", () -> rollback(2, "", 1));
    assertThat(rollback(0, "", 0).getEntitlements()).isZero();
    assertThat(get().getYaml()).isEmpty();
    assertCode(Status.Code.NOT_FOUND, "version: there is no `9`", () -> rollback(9, "", 0));
  }

  @Test
  void rollback_severalSetsChangedSince_needsOne() {
    apply(ONE, 0);
    apply(TWO, 0);
    applySet("team-b", entitlement("cam", 4), 0);
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "set: is needed: the sets `default`, `team-b` have changed since",
        () -> rollback(1, "", 0));
    assertThat(rollback(1, "default", 0).getVersion()).isEqualTo(4);
    assertThat(get().getYaml()).contains("limit: 1").contains("name: cam");
  }

  @Test
  void rollback_nameThatAnotherSetHasNow_isRefused() {
    apply(ONE, 0);
    apply("", 0);
    applySet("team-b", TWO, 0);
    assertCode(
        Status.Code.INVALID_ARGUMENT,
        "version: the entitlement `cad` stands in the set `team-b`",
        () -> rollback(1, "default", 0));
  }

  @Test
  void plan_changes_fieldByField() {
    apply(ONE + "---\n" + entitlement("cam", 4), 0);
    PlanCatalogResponse plan =
        plan(
            "",
            TWO.replace("limit: 2", "limit: 2\n  lease: {ttl: 1m}")
                + "---\n"
                + entitlement("new", 1));
    assertThat(plan.getVersion()).isEqualTo(1);
    assertThat(plan.getSet()).isEqualTo("default");
    assertThat(plan.getChangesList())
        .extracting(change -> change.getKind().name() + " " + change.getEntitlement())
        .containsExactly(
            "CATALOG_CHANGE_KIND_CHANGED cad",
            "CATALOG_CHANGE_KIND_REMOVED cam",
            "CATALOG_CHANGE_KIND_ADDED new");
    assertThat(plan.getChanges(0).getFieldsList())
        .extracting(field -> field.getKey() + " " + field.getBefore() + " " + field.getAfter())
        .containsExactly("limit 1 2", "lease.ttl 15m 1m", "lease.ttl-max 15m 1m");
  }

  @Test
  void plan_whatStands_isEmpty() {
    apply(ONE, 0);
    long before = log.commands();
    assertThat(plan("", ONE).getChangesList()).isEmpty();
    assertCode(Status.Code.INVALID_ARGUMENT, "yaml: 1:1:", () -> plan("", "- a\n"));
    assertThat(log.commands()).isEqualTo(before);
  }

  @Test
  void plan_bitesPools_saysWhomAndWhichRetire() {
    apply(entitlement("cad", 9), 0);
    for (int i = 0; i < 7; i++) allocate("cad", "holder-" + i);
    PlanCatalogResponse cut = plan("", entitlement("cad", 3));
    AffectedPool pool = cut.getChanges(0).getPools(0);
    assertThat(pool.getTaken()).isEqualTo(7);
    assertThat(pool.getLimitBefore()).isEqualTo(9);
    assertThat(pool.getLimitAfter()).isEqualTo(3);
    assertThat(pool.getOver()).isEqualTo(4);
    assertThat(pool.getHoldersList())
        .extracting(UnitsHolder::getHolder)
        .containsExactly("holder-0", "holder-1", "holder-2", "holder-3", "holder-4");
    assertThat(pool.getMoreHolders()).isEqualTo(2);
    assertThat(plan("", entitlement("cad", 7)).getChanges(0).getPoolsList()).isEmpty();
    for (String ending :
        List.of(
            "",
            entitlement("cad", 9)
                .replace("concurrent-session", "metered")
                .concat("  window: {rolling: 1h}\n"))) {
      PlanCatalogResponse plan = plan("", ending);
      assertThat(plan.getChanges(0).getEndsPools()).isTrue();
      assertThat(plan.getChanges(0).getPools(0).getRetires()).isTrue();
      assertThat(plan.getChanges(0).getPools(0).getTaken()).isEqualTo(7);
      assertThat(plan.getChanges(0).getPools(0).getHoldersCount()).isEqualTo(5);
    }
  }

  @Test
  void plan_afterRetirement_saysWhatIsCarried() {
    apply(entitlement("cad", 9), 0);
    for (int i = 0; i < 2; i++) allocate("cad", "holder-" + i);
    apply("", 0);
    assertThat(plan("", entitlement("cad", 9)).getChanges(0).getCarried()).isZero();
    String metered =
        entitlement("cad", 9).replace("concurrent-session", "metered")
            + "  window: {rolling: 1h}\n";
    assertThat(plan("", metered).getChanges(0).getCarried()).isEqualTo(2);
  }

  @Test
  void plan_idlePoolWithALimitBesideTheCatalog_retiresNothing() {
    apply(entitlement("cad", 9), 0);
    LicensingServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .setLimit(
            SetLimitRequest.newBuilder()
                .setRequestId("set")
                .setIssuedAt(
                    com.google.protobuf.Timestamp.newBuilder().setSeconds(log.wallUs() / 1_000_000))
                .setEntitlement("cad")
                .setLimit(9)
                .build());
    assertThat(plan("", "").getChanges(0).getPoolsList()).isEmpty();
    assertThat(apply("", 0).getChanged()).isTrue();
  }

  @Test
  void apply_unknownTenant_isNotFound() {
    assertCode(
        Status.Code.NOT_FOUND,
        "tenant",
        () ->
            stub()
                .apply(ApplyCatalogRequest.newBuilder().setTenant("nobody").setYaml(ONE).build()));
    assertCode(
        Status.Code.NOT_FOUND,
        "tenant",
        () -> stub().validate(ValidateCatalogRequest.newBuilder().setTenant("nobody").build()));
    assertCode(
        Status.Code.NOT_FOUND,
        "tenant",
        () -> stub().get(GetCatalogRequest.newBuilder().setTenant("nobody").build()));
  }

  private void allocate(String entitlement, String holder) {
    LicensingServiceGrpc.newBlockingStub(node.admin())
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .allocate(
            AllocateRequest.newBuilder()
                .setRequestId(holder)
                .setIssuedAt(
                    com.google.protobuf.Timestamp.newBuilder().setSeconds(log.wallUs() / 1_000_000))
                .setSubject(Subject.newBuilder().setId(holder))
                .setSession("s")
                .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement))
                .build());
  }

  private ApplyCatalogResponse applySet(String set, String yaml, long expected) {
    return stub()
        .apply(
            ApplyCatalogRequest.newBuilder()
                .setSet(set)
                .setYaml(yaml)
                .setExpectVersion(expected)
                .build());
  }

  private ApplyCatalogResponse rollback(long version, String set, long expected) {
    return stub()
        .rollback(
            RollbackCatalogRequest.newBuilder()
                .setVersion(version)
                .setSet(set)
                .setExpectVersion(expected)
                .build());
  }

  private PlanCatalogResponse plan(String set, String yaml) {
    return stub().plan(PlanCatalogRequest.newBuilder().setSet(set).setYaml(yaml).build());
  }

  private String get(String set, long version) {
    return stub()
        .get(GetCatalogRequest.newBuilder().setSet(set).setVersion(version).build())
        .getYaml();
  }

  private CatalogServiceGrpc.CatalogServiceBlockingStub stub() {
    return catalog.withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private ApplyCatalogResponse apply(String yaml, long expected) {
    return stub()
        .apply(ApplyCatalogRequest.newBuilder().setYaml(yaml).setExpectVersion(expected).build());
  }

  private GetCatalogResponse get() {
    return stub().get(GetCatalogRequest.getDefaultInstance());
  }

  private static void assertCode(Status.Code code, String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).as("%s", e).isEqualTo(code))
        .hasMessageContaining(message);
  }
}
