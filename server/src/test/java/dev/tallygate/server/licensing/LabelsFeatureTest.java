package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.BlockLabelRequest;
import dev.tallygate.proto.v1.BlockLabelResponse;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Lease;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListLabelBlocksRequest;
import dev.tallygate.proto.v1.ListLeasesRequest;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseByLabelRequest;
import dev.tallygate.proto.v1.ReleaseByLabelResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.server.call.OneLog;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels, over real gRPC. */
class LabelsFeatureTest {
  private static final long SECOND_US = 1_000_000;
  private static final String PR = "env=pr-7";

  @TempDir private Path dir;
  private OneLog log;
  private TestNode node;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        Entitlement.newBuilder()
            .setName("cad")
            .setLimit(3)
            .setConcurrentSession(
                ConcurrentSession.newBuilder()
                    .setTtlUs(60 * SECOND_US)
                    .setTtlMaxUs(60 * SECOND_US)
                    .setGraceUs(SECOND_US)
                    .setSharing(Sharing.SHARING_SUBJECT))
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

  private Timestamp now() {
    return Times.timestamp(log.wallUs());
  }

  private AllocateRequest.Builder ask(String holder, String... labels) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + requests++)
        .setIssuedAt(now())
        .setAttempt(1)
        .setSubject(Subject.newBuilder().setType("user").setId(holder))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"))
        .addAllLabels(List.of(labels));
  }

  private static Grant granted(AllocateResponse response) {
    assertThat(response.hasGranted()).as("%s", response).isTrue();
    return response.getGranted().getGrants(0);
  }

  private LicensingServiceGrpc.LicensingServiceBlockingStub admin() {
    return LicensingServiceGrpc.newBlockingStub(node.admin).withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private ReleaseByLabelRequest.Builder release(String label) {
    return ReleaseByLabelRequest.newBuilder()
        .setRequestId("r" + requests++)
        .setIssuedAt(now())
        .setAttempt(1)
        .setLabel(label)
        .setReason("merged");
  }

  private BlockLabelRequest.Builder block(String label) {
    return BlockLabelRequest.newBuilder()
        .setRequestId("r" + requests++)
        .setIssuedAt(now())
        .setAttempt(1)
        .setLabel(label)
        .setReason("merged");
  }

  @Test
  void release_underALabel_endsIt() {
    Grant one = granted(node.allocate(ask("ann", "b=2", PR).build()));
    Grant two = granted(node.allocate(ask("bob", "b=2").build()));
    List<Lease> under =
        admin().listLeases(ListLeasesRequest.newBuilder().setLabel(PR).build()).getLeasesList();
    assertThat(under).extracting(Lease::getLeaseId).containsExactly(one.getLeaseId());
    assertThat(under.getFirst().getLabelsList()).containsExactly("b=2", PR);
    ReleaseByLabelRequest request = release(PR).build();
    ReleaseByLabelResponse response = admin().releaseByLabel(request);
    assertThat(response.getReleased().getLeases()).isEqualTo(1);
    assertThat(response.getReleased().getContinueToken()).isEmpty();
    assertThat(admin().releaseByLabel(request.toBuilder().setAttempt(2).build()).getReleased())
        .isEqualTo(response.getReleased());
    RenewRequest renew =
        RenewRequest.newBuilder().setLeaseId(one.getLeaseId()).setToken(one.getToken()).build();
    assertThat(node.renew(renew).getEnded().getReason()).isEqualTo(EndReason.END_REASON_FORGOTTEN);
    RenewRequest other =
        RenewRequest.newBuilder().setLeaseId(two.getLeaseId()).setToken(two.getToken()).build();
    assertThat(node.renew(other).hasRenewed()).isTrue();
  }

  @Test
  void block_untilATime_refusesAndReleasesNothing() {
    Grant held = granted(node.allocate(ask("ann", PR).build()));
    Timestamp until = Times.timestamp(log.wallUs() + 90 * SECOND_US);
    BlockLabelResponse blocked = admin().blockLabel(block(PR).setUntil(until).build());
    assertThat(blocked.getBlock().getUntil()).isEqualTo(until);
    assertThat(admin().listLabelBlocks(ListLabelBlocksRequest.getDefaultInstance()).getBlocksList())
        .containsExactly(blocked.getBlock());
    AllocateResponse late = node.allocate(ask("bob", PR).build());
    assertThat(late.getRefused().getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_LABEL_BLOCKED);
    assertThat(late.getRefused().getRetryAfter().getSeconds()).isBetween(89L, 90L);
    RenewRequest renew =
        RenewRequest.newBuilder().setLeaseId(held.getLeaseId()).setToken(held.getToken()).build();
    assertThat(node.renew(renew).hasRenewed()).isTrue();
    assertThat(admin().blockLabel(block(PR).setClear(true).build()).getBlock().hasUntil())
        .isFalse();
    granted(node.allocate(ask("bob", PR).build()));
    assertThat(admin().listLabelBlocks(ListLabelBlocksRequest.getDefaultInstance()).getBlocksList())
        .isEmpty();
  }

  /** In any order they are the same request; with another one they are not. */
  @Test
  void allocate_sameIdOtherLabels_isReused() {
    AllocateRequest request = ask("ann", "a=1", "b=2").build();
    Grant first = granted(node.allocate(request));
    AllocateRequest.Builder again = request.toBuilder().setAttempt(2).clearLabels();
    assertThat(granted(node.allocate(again.clone().addLabels("b=2").addLabels("a=1").build())))
        .extracting(Grant::getToken)
        .isEqualTo(first.getToken());
    assertThat(node.allocate(again.addLabels("a=1").build()).getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_REQUEST_ID_REUSED);
  }

  @Test
  void labels_outOfBounds_areRefusedByName() {
    invalid("labels", ask("ann", "a", "b", "c", "d", "e", "f", "g", "h", "i").build());
    invalid("labels", ask("ann", "a=1", "a=1").build());
    invalid("labels", ask("ann", "").build());
    invalid("labels", ask("ann", "x".repeat(129)).build());
    granted(node.allocate(ask("ann", "a", "b", "c", "d", "e", "f", "g", "x".repeat(128)).build()));
    badLabelCall("label", release("").build());
    badLabelCall("reason", release(PR).setReason("").build());
    badLabelCall("issued_at", release(PR).clearIssuedAt().build());
    badLabelCall("continue_token", release(PR).setContinueToken("7").build());
    assertThatThrownBy(() -> admin().blockLabel(block(PR).build())).hasMessageContaining("until");
    assertThatThrownBy(() -> admin().blockLabel(block(PR).setUntil(now()).setClear(true).build()))
        .hasMessageContaining("clear");
  }

  private void invalid(String field, AllocateRequest request) {
    assertThatThrownBy(() -> node.allocate(request))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining(field);
  }

  private void badLabelCall(String field, ReleaseByLabelRequest request) {
    assertThatThrownBy(() -> admin().releaseByLabel(request))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining(field);
  }

  @Test
  void labelCalls_onTheDataListener_areDenied() {
    LicensingServiceGrpc.LicensingServiceBlockingStub data =
        LicensingServiceGrpc.newBlockingStub(node.data);
    for (Runnable call :
        List.<Runnable>of(
            () -> data.releaseByLabel(release(PR).build()),
            () -> data.blockLabel(block(PR).setClear(true).build()),
            () -> data.listLabelBlocks(ListLabelBlocksRequest.getDefaultInstance())))
      assertThatThrownBy(call::run)
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
  }
}
