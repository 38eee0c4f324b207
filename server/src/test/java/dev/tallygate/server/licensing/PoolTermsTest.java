package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.Overage;
import dev.tallygate.proto.log.v1.Reservation;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.server.call.OneLog;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an entitlement says of its pool beside the limit, over real gRPC. */
class PoolTermsTest {
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
        sessions("render", 5).setHolderMax(2).build(),
        sessions("burst", 1)
            .setOverage(Overage.newBuilder().setUnits(1).setForUs(3_600 * SECOND_US))
            .build(),
        sessions("team", 1).setFallback("floor").build(),
        sessions("floor", 1).build(),
        sessions("cad", 1).build(),
        sessions("shared", 2)
            .addReservations(
                Reservation.newBuilder()
                    .addAllPath(List.of("subject", "properties", "team"))
                    .setValue("red")
                    .setUnits(1))
            .build(),
        sessions("trial", 1).setObserve(true).build(),
        Entitlement.newBuilder()
            .setName("credits")
            .setLimit(5)
            .setMetered(Metered.newBuilder().setRollingUs(3_600 * SECOND_US).setSlices(6))
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

  private static Entitlement.Builder sessions(String name, long limit) {
    return Entitlement.newBuilder()
        .setName(name)
        .setLimit(limit)
        .setConcurrentSession(
            ConcurrentSession.newBuilder()
                .setTtlUs(60 * SECOND_US)
                .setTtlMaxUs(60 * SECOND_US)
                .setGraceUs(10 * SECOND_US)
                .setSharing(Sharing.SHARING_SESSION));
  }

  @Test
  void maxPerHolder_reached_isRefusedWithItsNumbersAndOthersAreGranted() {
    granted(node.allocate(of("render", "ann", "s1").build()));
    granted(node.allocate(of("render", "ann", "s2").build()));
    for (int attempt : new int[] {0, 1, 2}) {
      Refusal refusal =
          refused(node.allocate(of("render", "ann", "s3").setAttempt(attempt).build()));
      assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED);
      assertThat(refusal.getEntitlement()).isEqualTo("render");
      assertThat(refusal.getHolderLimit()).isEqualTo(2);
      assertThat(refusal.getHolderTaken()).isEqualTo(2);
      assertThat(refusal.getLimit()).isEqualTo(5);
      assertThat(refusal.getTaken()).isEqualTo(2);
      assertThat(refusal.getRetryAfter().getSeconds()).isEqualTo(1);
    }
    assertThat(granted(node.allocate(of("render", "bob", "s1").build())).getFree()).isEqualTo(2);
  }

  @Test
  void maxPerHolder_askedForMore_isRefusedForGood() {
    AllocateRequest.Builder request = of("render", "ann", "s1").setAttempt(1);
    request.getEntitlementsBuilder(0).setUnits(3);
    Refusal refusal = refused(node.allocate(request.build()));
    assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED);
    assertThat(refusal.hasRetryAfter()).isFalse();
  }

  @Test
  void maxPerHolder_poolExhaustedToo_saysWhichOfThemRefuses() {
    granted(node.allocate(of("render", "ann", "s1").build()));
    granted(node.allocate(of("render", "ann", "s2").build()));
    granted(node.allocate(of("render", "bob", "s1").build()));
    granted(node.allocate(of("render", "bob", "s2").build()));
    granted(node.allocate(of("render", "eve", "s1").build()));
    assertThat(refused(node.allocate(of("render", "ann", "s3").setAttempt(1).build())).getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_HOLDER_EXHAUSTED);
    long before = log.commands();
    assertThat(refused(node.allocate(of("render", "eve", "s2").setAttempt(1).build())).getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
    assertThat(log.commands()).as("refused without a log entry").isEqualTo(before);
  }

  @Test
  void overage_limitReached_isGrantedAndMarked() {
    assertThat(granted(node.allocate(of("burst", "ann", "s1").build())).getOverage()).isZero();
    AllocateRequest request = of("burst", "bob", "s1").setAttempt(1).build();
    Grant beyond = granted(node.allocate(request));
    assertThat(beyond.getOverage()).isEqualTo(1);
    assertThat(beyond.getFree()).isZero();
    assertThat(granted(node.allocate(request.toBuilder().setAttempt(2).build())).getOverage())
        .isEqualTo(1);
    Pool pool = node.pool("burst", "").getPool();
    assertThat(pool.getOverage()).isEqualTo(1);
    assertThat(pool.getOverageSince().getSeconds()).isEqualTo(log.wallUs() / SECOND_US);
  }

  @Test
  void overage_takenToo_isExhaustedWithItsNumbersWithOrWithoutALogEntry() {
    granted(node.allocate(of("burst", "ann", "s1").build()));
    granted(node.allocate(of("burst", "bob", "s1").build()));
    for (int attempt : new int[] {0, 1, 2}) {
      Refusal refusal =
          refused(node.allocate(of("burst", "eve", "s1").setAttempt(attempt).build()));
      assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
      assertThat(refusal.getLimit()).isEqualTo(1);
      assertThat(refusal.getTaken()).isEqualTo(2);
      assertThat(refusal.getOverage()).isEqualTo(1);
    }
  }

  @Test
  void fallback_ownPoolExhausted_grantsFromTheNextAndSaysWhich() {
    assertThat(granted(node.allocate(of("team", "ann", "s1").build())).getEntitlement())
        .isEqualTo("team");
    AllocateRequest request = of("team", "bob", "s1").setAttempt(1).build();
    Grant spilled = granted(node.allocate(request));
    assertThat(spilled.getEntitlement()).isEqualTo("floor");
    Grant again = granted(node.allocate(request.toBuilder().setAttempt(2).build()));
    assertThat(again.getEntitlement()).isEqualTo("floor");
    assertThat(again.getToken()).isEqualTo(spilled.getToken());
    assertThat(node.pool("floor", "").getPool().getHeld()).isEqualTo(1);
  }

  @Test
  void fallback_exhaustedToo_isRefusedByTheFirstWithOrWithoutALogEntry() {
    granted(node.allocate(of("team", "ann", "s1").build()));
    granted(node.allocate(of("team", "bob", "s1").build()));
    long before = log.commands();
    for (int attempt : new int[] {1, 0}) {
      Refusal refusal = refused(node.allocate(of("team", "eve", "s1").setAttempt(attempt).build()));
      assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
      assertThat(refusal.getEntitlement()).isEqualTo("team");
      assertThat(refusal.getLimit()).isEqualTo(1);
      assertThat(refusal.getRetryAfter().getSeconds()).isEqualTo(1);
    }
    assertThat(log.commands()).as("the first attempt left no log entry").isEqualTo(before + 1);
    // Whoever has a session in the chain is not refused.
    assertThat(granted(node.allocate(of("team", "bob", "s1").setAttempt(1).build())).getResumed())
        .isTrue();
  }

  @Test
  void observe_exhausted_isGrantedAndSaysWhatItWouldHaveBeenRefusedFor() {
    assertThat(granted(node.allocate(of("trial", "ann", "s1").build())).getObserved())
        .isEqualTo(RefusalReason.REFUSAL_REASON_UNSPECIFIED);
    for (int attempt : new int[] {1, 2}) {
      Grant grant =
          granted(node.allocate(of("trial", "bob", "s" + attempt).setAttempt(attempt).build()));
      assertThat(grant.getObserved()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
      assertThat(grant.getOverage()).isEqualTo(attempt);
    }
    assertThat(node.pool("trial", "").getPool().getOverage()).isEqualTo(2);
  }

  @Test
  void reservation_isTakenByItsGroupAlone() {
    granted(node.allocate(of("shared", "ann", "s1").build()));
    Refusal refusal = refused(node.allocate(of("shared", "bob", "s1").setAttempt(1).build()));
    assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
    assertThat(refusal.getTaken()).isEqualTo(1);
    assertThat(refusal.getReserved()).isEqualTo(1);
    AllocateRequest.Builder member = of("shared", "eve", "s1");
    member
        .getSubjectBuilder()
        .putProperties("team", Value.newBuilder().setStringValue("red").build());
    granted(node.allocate(member.build()));
  }

  private AllocateRequest.Builder both(String holder) {
    return of("cad", holder, "s1")
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("credits").setUnits(3));
  }

  @Test
  void several_allHaveUnits_areGrantedTogether() {
    AllocateRequest request = both("ann").setAttempt(1).build();
    Granted granted = node.allocate(request).getGranted();
    assertThat(granted.getGrantsList())
        .extracting(Grant::getEntitlement)
        .containsExactly("cad", "credits");
    assertThat(granted.getGrants(1).getUnits()).isEqualTo(3);
    assertThat(granted.getGrants(1).getFree()).isEqualTo(2);
    Granted again = node.allocate(request.toBuilder().setAttempt(2).build()).getGranted();
    assertThat(again.getGrantsList())
        .extracting(Grant::getToken)
        .containsExactlyElementsOf(granted.getGrantsList().stream().map(Grant::getToken).toList());
    node.release(
        ReleaseRequest.newBuilder()
            .setLeaseId(granted.getGrants(0).getLeaseId())
            .setToken(granted.getGrants(0).getToken())
            .build());
    Granted later = node.allocate(request.toBuilder().setAttempt(3).build()).getGranted();
    assertThat(later.getGrantsList()).extracting(Grant::getEntitlement).containsExactly("credits");
    assertThat(later.getEnded(0).getReason()).isEqualTo(EndReason.END_REASON_RELEASED);
    assertThat(later.getEnded(0).getLeaseId()).isEqualTo(granted.getGrants(0).getLeaseId());
  }

  @Test
  void several_oneRefuses_takesNothingAndNamesIt() {
    assertThat(node.allocate(both("ann").build()).hasGranted()).isTrue();
    granted(node.allocate(of("floor", "bob", "s1").build()));
    AllocateRequest request =
        of("burst", "bob", "s1")
            .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("credits").setUnits(3))
            .setAttempt(1)
            .build();
    for (int attempt : new int[] {1, 2}) {
      Refusal refusal = refused(node.allocate(request.toBuilder().setAttempt(attempt).build()));
      assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_EXHAUSTED);
      assertThat(refusal.getEntitlement()).isEqualTo("credits");
      assertThat(refusal.getTaken()).isEqualTo(3);
    }
    assertThat(node.pool("burst", "").getPool().getHeld()).isZero();
  }

  @Test
  void several_oneUnknown_takesNothingAndNamesIt() {
    Refusal refusal =
        refused(
            node.allocate(
                of("cad", "ann", "s1")
                    .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("nothing"))
                    .build()));
    assertThat(refusal.getReason()).isEqualTo(RefusalReason.REFUSAL_REASON_NOT_FOUND);
    assertThat(refusal.getEntitlement()).isEqualTo("nothing");
    assertThat(node.pool("cad", "").getPool().getHeld()).isZero();
  }

  private AllocateRequest.Builder of(String entitlement, String holder, String session) {
    return AllocateRequest.newBuilder()
        .setRequestId("r" + requests++)
        .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
        .setSubject(Subject.newBuilder().setType("user").setId(holder))
        .setSession(session)
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement));
  }

  private static Grant granted(AllocateResponse response) {
    assertThat(response.hasGranted()).as("%s", response).isTrue();
    return response.getGranted().getGrants(0);
  }

  private static Refusal refused(AllocateResponse response) {
    assertThat(response.hasRefused()).as("%s", response).isTrue();
    return response.getRefused();
  }
}
