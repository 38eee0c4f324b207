package dev.tallygate.client;

import static dev.tallygate.client.FakeNodes.bare;
import static dev.tallygate.client.FakeNodes.ended;
import static dev.tallygate.client.FakeNodes.failure;
import static dev.tallygate.client.FakeNodes.granted;
import static dev.tallygate.client.FakeNodes.renewed;
import static dev.tallygate.client.FakeNodes.seat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.client.Lease.State;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** A lease by the caller's clocks, which the test moves. The ttl is 9 s. */
final class LeaseTest {
  private static final long TTL_MS = 9_000;
  private static final Ask ASK = Ask.of("editor").subject("user", "alice").session("laptop");
  private static final ReleaseResponse RELEASED =
      ReleaseResponse.newBuilder().setEnded(ended(EndReason.END_REASON_RELEASED)).build();

  private final FakeNodes nodes = new FakeNodes("a", "b");
  private final FakeTime time = nodes.time;

  private Lease take() {
    nodes.then(granted(seat("t1", TTL_MS)));
    return (Lease) nodes.tallygate.allocate(ASK, nodes.listener());
  }

  @Test
  void renewals_keepItLive_wellBeforeItsTime() {
    Lease lease = take();
    for (int i = 0; i < 250; i++) nodes.then(renewed("t1", TTL_MS));
    for (int i = 0; i < 300; i++) {
      time.pass(1_000);
      assertThat(lease.isLive()).isTrue();
      assertThat(lease.left().toMillis()).isGreaterThan(TTL_MS / 2);
    }
    assertThat(nodes.count("Renew")).isBetween(100L, 220L);
    assertThat(nodes.told).isEmpty();
  }

  @Test
  void noAnswer_liveUntilTtlToTheNanosecond_thenUnconfirmedAndToldOnce() {
    Lease lease = take();

    time.pass(TTL_MS - 1);
    assertThat(lease.isLive()).isTrue();
    assertThat(lease.left().toMillis()).isEqualTo(1);
    time.pass(1);

    assertThat(lease.isLive()).isFalse();
    assertThat(lease.state()).isEqualTo(State.UNCONFIRMED);
    assertThat(lease.left()).isZero();
    time.pass(60_000);
    assertThat(nodes.told).containsExactly("unconfirmed");
  }

  @Test
  void ttl_countsFromTheSend_notFromTheAnswer() {
    var future = nodes.tallygate.allocateAsync(ASK, nodes.listener());
    time.pass(2_500);
    nodes.last().reply().answered(granted(seat("t1", TTL_MS)), null);
    Lease lease = (Lease) future.join();

    assertThat(lease.left().toMillis()).isEqualTo(TTL_MS - 2_500);
    time.pass(TTL_MS - 2_500);
    assertThat(lease.isLive()).isFalse();
  }

  @Test
  void ttl_ofARepeatedAllocation_countsFromTheAttemptThatWasAnswered() {
    var future = nodes.tallygate.allocateAsync(ASK, nodes.listener());
    time.pass(2_000);
    nodes.last().reply().failed(bare(Status.UNAVAILABLE, true));
    time.pass(1_000);
    assertThat(nodes.count("Allocate")).isEqualTo(2);
    nodes.last().reply().answered(granted(seat("t1", 4_000)), null);

    Lease lease = (Lease) future.join();

    // Sent again between 2.0 and 2.1 s: 4 s from there, not from the first attempt.
    assertThat(lease.left().toMillis()).isBetween(3_000L, 3_100L);
  }

  @Test
  void machineSleeps_wallClockAloneEndsItsTime_andRenewalIsSentAtOnce() {
    Lease lease = take();
    time.jumpWall(TTL_MS);
    assertThat(lease.isLive()).isFalse();
    assertThat(nodes.told).containsExactly("unconfirmed");
    assertThat(nodes.count("Renew")).isEqualTo(1);

    nodes.last().reply().answered(renewed("t1", TTL_MS), null);

    assertThat(lease.isLive()).isTrue();
    assertThat(nodes.told).containsExactly("unconfirmed", "confirmed");
  }

  @Test
  void machineSleeps_noticedWithinASecond_withoutAQuestion() {
    Lease lease = take();
    time.jumpWall(TTL_MS);
    time.pass(1_000);
    assertThat(nodes.told).containsExactly("unconfirmed");
    assertThat(lease.state()).isEqualTo(State.UNCONFIRMED);
  }

  @Test
  void wallClockGoesBack_monotonicClockStillEndsIt() {
    Lease lease = take();
    time.jumpWall(-3_600_000);
    time.pass(TTL_MS - 1);
    assertThat(lease.isLive()).isTrue();
    time.pass(1);
    assertThat(lease.isLive()).isFalse();
  }

  @Test
  void wallClockThereAndBack_renewalsGoOn() {
    Lease lease = take();
    time.jumpWall(86_400_000);
    assertThat(lease.isLive()).isFalse();
    nodes.last().reply().failed(bare(Status.UNAUTHENTICATED, true));
    time.jumpWall(-86_400_000);
    long before = nodes.count("Renew");
    nodes.then(renewed("t1", TTL_MS));

    time.pass(5_000);

    assertThat(nodes.count("Renew")).isGreaterThan(before);
    assertThat(lease.isLive()).isTrue();
  }

  // Its listener was told to stop, and would not hear that it may go on.
  @Test
  void wallClockThereAndBack_staysUnconfirmedUntilARenewal() {
    Lease lease = take();
    time.jumpWall(86_400_000);
    assertThat(lease.isLive()).isFalse();
    var renewal = nodes.last();

    time.jumpWall(-86_400_000);
    assertThat(lease.state()).isEqualTo(State.UNCONFIRMED);
    assertThat(lease.left()).isZero();

    renewal.reply().answered(renewed("t1", TTL_MS), null);
    assertThat(lease.isLive()).isTrue();
    assertThat(nodes.told).containsExactly("unconfirmed", "confirmed");
  }

  @Test
  void unreachableForLong_neverLost_andConfirmedWhenTheClusterIsBack() {
    Lease lease = take();
    for (int i = 0; i < 600; i++) {
      nodes.sent.forEach(each -> each.reply().failed(bare(Status.UNAVAILABLE, true)));
      nodes.sent.clear();
      time.pass(1_000);
    }
    assertThat(lease.state()).isEqualTo(State.UNCONFIRMED);
    assertThat(nodes.told).containsExactly("unconfirmed");

    for (int i = 0; i < 20; i++) nodes.then(renewed("t1", TTL_MS));
    nodes.sent.forEach(each -> each.reply().failed(bare(Status.UNAVAILABLE, true)));
    time.pass(20_000);

    assertThat(lease.isLive()).isTrue();
    assertThat(nodes.told).containsExactly("unconfirmed", "confirmed");
  }

  // Each lease alone is in no hurry, for all of them together would keep a cluster down that comes
  // back: about 8 tries in the time that is left, and past it 8 in each ttl.
  @Test
  void outage_tenThousandLeases_attemptsStayBelowABound() {
    int leases = 10_000;
    for (int i = 0; i < leases; i++) {
      nodes.then(granted(seat("t1", 60_000)));
      var unused = nodes.tallygate.allocateAsync(ASK, LeaseListener.NONE);
    }
    nodes.otherwise(bare(Status.UNAVAILABLE, true));
    nodes.sent.clear();

    time.pass(70_000);
    assertThat(nodes.count("Renew")).isBetween(20L * leases, 50L * leases);
    nodes.sent.clear();
    time.pass(60_000);
    assertThat(nodes.count("Renew")).isBetween(8L * leases, 16L * leases);
  }

  @Test
  void renewal_waitsAsLongAsTheServiceAsks() {
    Lease lease = take();
    nodes.then(failure(Status.Code.RESOURCE_EXHAUSTED, "OVERLOADED", 20_000, null));
    while (nodes.count("Renew") == 0) time.pass(100);
    time.pass(19_800);
    assertThat(nodes.count("Renew")).isEqualTo(1);
    nodes.then(renewed("t1", TTL_MS));
    time.pass(1_400);
    assertThat(lease.isLive()).isTrue();
  }

  @Test
  void endedByTheCluster_lostAtOnce_toldOnce_andNothingSentAnyMore() {
    Lease lease = take();
    nodes.then(RenewResponse.newBuilder().setEnded(ended(EndReason.END_REASON_REVOKED)).build());

    time.pass(3_100);

    assertThat(lease.isLive()).isFalse();
    assertThat(lease.state()).isEqualTo(State.LOST);
    assertThat(nodes.told).containsExactly("lost REVOKED");
    int sent = nodes.sent.size();
    time.pass(60_000);
    lease.close();
    assertThat(nodes.sent).hasSize(sent);
    assertThat(time.waiting()).isZero();
    assertThat(nodes.told).hasSize(1);
  }

  @Test
  void fenced_lost() {
    Lease lease = take();
    nodes.then(
        RenewResponse.newBuilder()
            .setRefused(Refusal.newBuilder().setReason(RefusalReason.REFUSAL_REASON_FENCED))
            .build());
    time.pass(3_100);
    assertThat(lease.state()).isEqualTo(State.LOST);
    assertThat(nodes.told).containsExactly("lost FENCED");
  }

  @Test
  void statusThatIsNoAnswer_neverLoses() {
    Lease lease = take();
    nodes.then(
        failure(Status.Code.NOT_FOUND, "NOT_FOUND", -1, null),
        failure(Status.Code.FAILED_PRECONDITION, "WRONG_CLUSTER", -1, null),
        bare(Status.PERMISSION_DENIED, true),
        bare(Status.INTERNAL, true));
    time.pass(TTL_MS);
    assertThat(lease.state()).isEqualTo(State.UNCONFIRMED);
    assertThat(nodes.told).containsExactly("unconfirmed");
  }

  @Test
  void newToken_isTakenOver_andNamedFromThenOn() {
    Lease lease = take();
    nodes.then(renewed("t2", TTL_MS));
    time.pass(3_000);
    assertThat(lease.token()).isEqualTo("t2");

    nodes.then(renewed("t2", TTL_MS));
    time.pass(3_000);
    assertThat(((RenewRequest) nodes.last().request()).getToken()).isEqualTo("t2");
    nodes.then(RELEASED);
    assertThat(lease.release()).isTrue();
    assertThat(((ReleaseRequest) nodes.last().request()).getToken()).isEqualTo("t2");
  }

  @Test
  void wantedTtl_isWantedAgainInRenewals() {
    nodes.then(granted(seat("t1", TTL_MS)), renewed("t1", TTL_MS));
    nodes.tallygate.allocate(ASK.ttl(java.time.Duration.ofSeconds(9)));
    time.pass(3_000);
    assertThat(((RenewRequest) nodes.last().request()).getTtl().getSeconds()).isEqualTo(9);
  }

  @Test
  void closed_releasedOnce_notLive_andNoAnswerOfALateRenewalChangesThat() {
    Lease lease = take();
    time.pass(3_000);
    var renewal = nodes.last();
    assertThat(renewal.method()).isEqualTo("Renew");
    nodes.then(RELEASED);

    lease.close();
    lease.close();
    renewal.reply().answered(renewed("t1", TTL_MS), null);

    assertThat(lease.state()).isEqualTo(State.RELEASED);
    assertThat(nodes.count("Release")).isEqualTo(1);
    assertThat(time.waiting()).isZero();
    assertThat(nodes.told).isEmpty();
  }

  @Test
  void asyncFutureTimedOut_grantThatComesLater_isGivenBack() {
    var future = nodes.tallygate.allocateAsync(ASK, nodes.listener());
    var allocate = nodes.last();
    // As orTimeout and cancel do.
    assertThat(future.completeExceptionally(new TimeoutException())).isTrue();

    nodes.then(RELEASED);
    allocate.reply().answered(granted(seat("t1", TTL_MS)), null);

    assertThat(((ReleaseRequest) nodes.last().request()).getToken()).isEqualTo("t1");
    time.pass(60_000);
    assertThat(nodes.count("Renew")).isZero();
  }

  @Test
  void clientClosed_givesBackWhatIsHeld() {
    Lease lease = take();
    nodes.then(RELEASED);
    nodes.tallygate.close();
    assertThat(lease.isLive()).isFalse();
    assertThat(nodes.count("Release")).isEqualTo(1);
    assertThat(nodes.connection.held().leases()).isEmpty();
  }

  @Test
  void lateRenewalAnswer_countsFromItsSend_andDoesNotMakeLiveWhatIsOver() {
    Lease lease = take();
    time.pass(3_000);
    var renewal = nodes.last();
    time.pass(20_000);
    renewal.reply().answered(renewed("t1", TTL_MS), null);
    assertThat(lease.isLive()).isFalse();
    assertThat(nodes.told).isEqualTo(List.of("unconfirmed"));
  }
}
