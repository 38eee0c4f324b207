package dev.tallygate.server.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.ApplyCatalogResponse;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetCatalogResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.licensing.TestNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogFeatureTest {
  private static final String ONE =
      "apiVersion: tallygate.dev/v1\nkind: Entitlement\nmetadata: {name: cad}\nspec:\n  model: concurrent-session\n  limit: 1\n";
  private static final String TWO = ONE.replace("limit: 1", "limit: 2");

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private CatalogServiceGrpc.CatalogServiceBlockingStub catalog;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    node = new TestNode(log, "n1", calls -> List.of(new CatalogFeature(calls)));
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
  void apply_removesWhatIsHeld_isAFailedPrecondition() {
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
    assertCode(
        Status.Code.FAILED_PRECONDITION,
        "the pool of `cad` still has units taken",
        () -> apply("", 0));
    assertThat(apply(TWO, 0).getChanged()).as("a limit may change").isTrue();
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
        () -> stub().get(GetCatalogRequest.newBuilder().setTenant("nobody").build()));
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
