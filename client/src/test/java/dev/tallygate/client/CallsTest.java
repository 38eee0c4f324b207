package dev.tallygate.client;

import static dev.tallygate.client.FakeNodes.bare;
import static dev.tallygate.client.FakeNodes.ended;
import static dev.tallygate.client.FakeNodes.failure;
import static dev.tallygate.client.FakeNodes.granted;
import static dev.tallygate.client.FakeNodes.seat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.SettleResponse;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Attempts, where they go, and what is said where none is answered. */
final class CallsTest {
  private static final Ask ASK = Ask.of("editor").subject("user", "alice").session("laptop");

  private final FakeNodes nodes = new FakeNodes("a", "b", "c");

  private CompletableFuture<Allocation> ask() {
    return nodes.tallygate.allocateAsync(ASK, LeaseListener.NONE);
  }

  /** Asks, and waits for nothing. */
  private void asked() {
    var unused = ask();
  }

  private static TallygateException failed(CompletableFuture<?> future) {
    CompletionException thrown = catchThrowableOfType(CompletionException.class, future::join);
    assertThat(thrown).hasCauseInstanceOf(TallygateException.class);
    return (TallygateException) Objects.requireNonNull(thrown.getCause());
  }

  private AllocateRequest allocated(int index) {
    return nodes.sent.get(index).allocate();
  }

  @Test
  void retries_areTheSameRequest_onTheNextNode_withTheAttemptCounted() {
    nodes.then(
        bare(Status.UNAVAILABLE, true),
        bare(Status.DEADLINE_EXCEEDED, true),
        bare(Status.CANCELLED, true),
        failure(Code.RESOURCE_EXHAUSTED, "OVERLOADED", 50, null),
        bare(Status.UNKNOWN.withCause(new ClosedChannelException()), true),
        granted(seat("t1", 9_000)));
    CompletableFuture<Allocation> answer = ask();
    nodes.time.pass(9_000);

    assertThat(answer.join()).isInstanceOf(Lease.class);
    assertThat(nodes.sent.subList(0, 6))
        .extracting(FakeNodes.Sent::node)
        .containsExactly("a", "b", "c", "a", "b", "c");
    AllocateRequest first = allocated(0);
    assertThat(first.getRequestId()).isNotEmpty();
    assertThat(first.hasIssuedAt()).isTrue();
    for (int i = 0; i < 6; i++) {
      assertThat(allocated(i)).isEqualTo(first.toBuilder().setAttempt(i + 1).build());
    }
  }

  @Test
  void oneNode_isWaitedForNoLongerThanAThirdOfTheTime() {
    nodes.then(granted(seat("t1", 2_100)));
    asked();
    assertThat(nodes.last().withinMs()).isEqualTo(FakeNodes.ATTEMPT_MS);
    nodes.time.pass(800);
    assertThat(nodes.last().method()).isEqualTo("Renew");
    assertThat(nodes.last().withinMs()).isEqualTo(700);
  }

  @Test
  void twoAllocations_areTwoRequests() {
    nodes.then(granted(seat("t1", 9_000)), granted(seat("t2", 9_000)));
    ask().join();
    ask().join();
    assertThat(allocated(0).getRequestId()).isNotEqualTo(allocated(1).getRequestId());
    assertThat(allocated(1).getAttempt()).isEqualTo(1);
  }

  @Test
  void hint_isFollowedAtOnce_andRemembered() {
    nodes.then(failure(Code.UNAVAILABLE, "NOT_LEADER", 0, "c"), granted(seat("t1", 9_000)));
    asked();
    nodes.time.pass(0);
    assertThat(nodes.last().node()).isEqualTo("c");

    asked();
    assertThat(nodes.last().node()).isEqualTo("c");
  }

  @Test
  void hintInAnAnswer_isFollowedByTheNextCall() {
    asked();
    nodes.last().reply().answered(granted(seat("t1", 9_000)), "b");
    asked();
    assertThat(nodes.last().node()).isEqualTo("b");
  }

  @Test
  void hintAtANodeThatWasNotNamed_isFollowedWhereItMayBeReached() {
    nodes.then(failure(Code.UNAVAILABLE, "NOT_LEADER", 0, "d"));
    asked();
    nodes.time.pass(0);
    assertThat(nodes.last().node()).isEqualTo("d");

    nodes.last().reply().failed(failure(Code.UNAVAILABLE, "NOT_LEADER", 0, "far-away"));
    nodes.time.pass(2_000);
    assertThat(nodes.sent).extracting(FakeNodes.Sent::node).doesNotContain("far-away");
  }

  /** A call that the node answers which it goes to, with a hint. */
  private String answeredWithHint(String leader) {
    asked();
    nodes
        .last()
        .reply()
        .answered(granted(seat("t1", 0).setKind(GrantKind.GRANT_KIND_RECEIPT)), leader);
    return nodes.last().node();
  }

  /** A call whose first attempt fails without a word; returns where that one went. */
  private String unheard() {
    nodes.then(bare(Status.UNAVAILABLE, false));
    asked();
    return nodes.last().node();
  }

  // A client outside of the leader's network: the node that it reaches forwards to the leader.
  @Test
  void hintThatCannotBeReached_isNotFollowedByEveryCall() {
    assertThat(answeredWithHint("inner")).isEqualTo("a");
    assertThat(unheard()).isEqualTo("inner");
    for (int i = 0; i < 20; i++) {
      assertThat(answeredWithHint("inner")).isEqualTo("a");
    }

    // Tried again after half a minute, and then not for a whole one.
    nodes.time.pass(30_000);
    assertThat(answeredWithHint("inner")).isEqualTo("a");
    assertThat(unheard()).isEqualTo("inner");
    nodes.time.pass(59_000);
    assertThat(answeredWithHint("inner")).isEqualTo("a");
    assertThat(answeredWithHint("inner")).isEqualTo("a");
    nodes.time.pass(1_000);
    assertThat(answeredWithHint("inner")).isEqualTo("a");
    // It answers, and is trusted again.
    assertThat(answeredWithHint("inner")).isEqualTo("inner");
    assertThat(answeredWithHint("inner")).isEqualTo("inner");
  }

  @Test
  void hintedNodeThatDied_isForgotten() {
    for (int i = 0; i < 100; i++) {
      assertThat(answeredWithHint("pod-" + i)).isEqualTo("a");
      assertThat(unheard()).isEqualTo("pod-" + i);
    }
    assertThat(nodes.forgotten).hasSize(100);
    // A node that the caller named is gone to again.
    for (int i = 0; i < 3; i++) unheard();
    assertThat(nodes.forgotten).hasSize(100);
    assertThat(nodes.last().node()).isEqualTo("c");
  }

  @Test
  void finalAnswer_keepsTheNode() {
    assertThat(answeredWithHint("b")).isEqualTo("a");
    nodes.then(failure(Code.INVALID_ARGUMENT, "INVALID_FIELD", -1, null));
    asked();
    assertThat(nodes.last().node()).isEqualTo("b");
    asked();
    assertThat(nodes.last().node()).isEqualTo("b");
  }

  @Test
  void twoNodesThatPointAtEachOther_areNotAskedWithoutAPause() {
    for (int i = 0; i < 200; i++) {
      nodes.then(
          failure(Code.UNAVAILABLE, "NOT_LEADER", 0, "b"),
          failure(Code.UNAVAILABLE, "NOT_LEADER", 0, "a"));
    }
    CompletableFuture<Allocation> answer = ask();
    nodes.time.pass(FakeNodes.DEADLINE_MS);
    assertThat(answer).isCompletedExceptionally();
    assertThat(nodes.sent.size()).isLessThan(80);
  }

  @Test
  void pauses_areNeverShorterThanTheServiceAsksFor() {
    nodes.then(failure(Code.RESOURCE_EXHAUSTED, "STATE_FULL", 5_000, null));
    asked();
    nodes.time.pass(4_999);
    assertThat(nodes.sent).hasSize(1);
    nodes.time.pass(200);
    assertThat(nodes.sent).hasSize(2);
  }

  @Test
  void nobodyAnswers_endsWithinTheDeadline_outcomeUnknownAsSomethingWasSent() {
    for (int i = 0; i < 200; i++) nodes.then(bare(Status.UNAVAILABLE, i == 0));
    CompletableFuture<Allocation> answer = ask();
    nodes.time.pass(FakeNodes.DEADLINE_MS);

    TallygateException thrown = failed(answer);
    assertThat(thrown.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(thrown.isOutcomeUnknown()).isTrue();
    Ask repeat = thrown.repeat();
    int sent = nodes.sent.size();

    // Repeated, it is the same request at a later attempt.
    var unused = nodes.tallygate.allocateAsync(Objects.requireNonNull(repeat), LeaseListener.NONE);
    assertThat(allocated(sent)).isEqualTo(allocated(0).toBuilder().setAttempt(2).build());
  }

  @Test
  void nothingWasEverSent_nothingHappened() {
    for (int i = 0; i < 200; i++) nodes.then(bare(Status.UNAVAILABLE, false));
    CompletableFuture<Allocation> answer = ask();
    nodes.time.pass(FakeNodes.DEADLINE_MS);

    assertThat(failed(answer).isOutcomeUnknown()).isFalse();
    assertThat(failed(answer).repeat()).isNull();
  }

  @Test
  void ourOwnErrors_sayWhetherItHappened() {
    for (int i = 0; i < 200; i++) {
      nodes.then(failure(Code.UNAVAILABLE, "NO_LEADER", 250, null));
    }
    CompletableFuture<Allocation> answer = ask();
    nodes.time.pass(FakeNodes.DEADLINE_MS);
    assertThat(failed(answer).isOutcomeUnknown()).isFalse();
    assertThat(failed(answer).reason()).isEqualTo("NO_LEADER");

    FakeNodes others = new FakeNodes("a");
    others.then(failure(Code.UNAVAILABLE, "OUTCOME_UNKNOWN", 50, null));
    for (int i = 0; i < 200; i++) {
      others.then(failure(Code.UNAVAILABLE, "NO_LEADER", 250, null));
    }
    CompletableFuture<Allocation> unknown = others.tallygate.allocateAsync(ASK, LeaseListener.NONE);
    others.time.pass(FakeNodes.DEADLINE_MS);
    assertThat(failed(unknown).isOutcomeUnknown()).isTrue();
  }

  @Test
  void whatARetryCannotMend_endsAtOnce() {
    List<Failure> finals =
        List.of(
            failure(Code.RESOURCE_EXHAUSTED, "TOO_LARGE", -1, null),
            failure(Code.INVALID_ARGUMENT, "INVALID_FIELD", -1, null),
            failure(Code.FAILED_PRECONDITION, "WRONG_CLUSTER", -1, null),
            bare(Status.UNAUTHENTICATED, true));
    for (Failure each : finals) {
      nodes.then(each);
      TallygateException thrown = failed(ask());
      assertThat(thrown.code()).isEqualTo(each.status().getCode());
      assertThat(thrown.isOutcomeUnknown()).isFalse();
    }
    // A size limit of this process: the answer was there, and was not read.
    nodes.then(bare(Status.RESOURCE_EXHAUSTED, true));
    assertThat(failed(ask()).isOutcomeUnknown()).isTrue();
    assertThat(nodes.sent).hasSize(5);
  }

  @Test
  void closed_callsUnderWayEnd_andLaterOnesToo() {
    CompletableFuture<Allocation> waiting = ask();
    nodes.tallygate.close();
    assertThat(failed(waiting).code()).isEqualTo(Code.CANCELLED);
  }

  @Test
  void refusal_isAValueWithItsNumbers() {
    nodes.then(
        AllocateResponse.newBuilder()
            .setRefused(
                dev.tallygate.proto.v1.Refusal.newBuilder()
                    .setReason(RefusalReason.REFUSAL_REASON_EXHAUSTED)
                    .setEntitlement("editor")
                    .setLimit(3)
                    .setTaken(3)
                    .setCatalogVersion(7)
                    .setRetryAfter(Protos.of(java.time.Duration.ofSeconds(1))))
            .build());

    try (Allocation answer = nodes.tallygate.allocate(ASK)) {
      assertThat(answer.isLive()).isFalse();
      Refusal refusal = (Refusal) answer;
      assertThat(refusal.why()).isEqualTo("EXHAUSTED");
      assertThat(refusal.taken()).isEqualTo(3);
      assertThat(refusal.retryAfter()).isEqualTo(java.time.Duration.ofSeconds(1));
      assertThat(refusal).hasToString("refused: EXHAUSTED, 3 of 3 are taken, try again in 1000 ms");
    }
    assertThat(nodes.sent).hasSize(1);
  }

  @Test
  void endedGrantOfARepeatedId_isNotLive() {
    nodes.then(
        bare(Status.UNAVAILABLE, true),
        AllocateResponse.newBuilder().setEnded(ended(EndReason.END_REASON_EXPIRED)).build());
    CompletableFuture<Allocation> answer = ask();
    nodes.time.pass(1_000);
    assertThat(answer.join().isLive()).isFalse();
    assertThat(((Ended) answer.join()).why()).isEqualTo("EXPIRED");
  }

  private Hold hold() {
    Grant.Builder grant = seat("t1", 60_000).setKind(GrantKind.GRANT_KIND_HOLD).setUnits(10);
    nodes.then(granted(grant));
    return (Hold) nodes.tallygate.allocate(ASK.hold());
  }

  @Test
  void clientClosed_waitsForReleasesAndCommitsUnderWay() {
    nodes.then(granted(seat("t1", 60_000)));
    Lease lease = (Lease) nodes.tallygate.allocate(ASK);
    Hold hold = hold();
    var committed = hold.commitAsync(4);
    FakeNodes.Sent commit = nodes.last();
    var released = lease.releaseAsync();
    FakeNodes.Sent release = nodes.last();

    CompletableFuture<Void> closing = nodes.tallygate.giveAllBack();

    assertThat(closing).isNotDone();
    commit.reply().answered(settled(EndReason.END_REASON_COMMITTED, 4), null);
    assertThat(closing).isNotDone();
    release.reply().answered(released(), null);
    assertThat(closing).isCompleted();
    assertThat(committed.join().why()).isEqualTo("COMMITTED");
    assertThat(released.join()).isTrue();
    assertThat(nodes.count("Release")).isEqualTo(1);
  }

  @Test
  void grantThatArrivesWhileClosing_isGivenBack() {
    nodes.then(granted(seat("t1", 60_000)));
    nodes.tallygate.allocate(ASK);
    CompletableFuture<Allocation> late = ask();
    FakeNodes.Sent allocate = nodes.last();
    CompletableFuture<Void> closing = nodes.tallygate.giveAllBack();
    FakeNodes.Sent release = nodes.last();

    allocate.reply().answered(granted(seat("t2", 60_000)), null);

    FakeNodes.Sent lateRelease = nodes.last();
    assertThat(((ReleaseRequest) lateRelease.request()).getToken()).isEqualTo("t2");
    assertThat(failed(late).repeat()).isNull();
    release.reply().answered(released(), null);
    assertThat(closing).isNotDone();
    lateRelease.reply().answered(released(), null);
    assertThat(closing).isCompleted();

    // And nothing new is asked for.
    int sent = nodes.sent.size();
    assertThat(failed(ask()).isOutcomeUnknown()).isFalse();
    assertThat(nodes.sent).hasSize(sent);
  }

  private static ReleaseResponse released() {
    return ReleaseResponse.newBuilder().setEnded(ended(EndReason.END_REASON_RELEASED)).build();
  }

  private static SettleResponse settled(EndReason reason, long charged) {
    return SettleResponse.newBuilder()
        .setEnded(ended(reason).toBuilder().setCharged(charged))
        .build();
  }

  @Test
  void hold_committedInPart_notCancelledByClosing() {
    try (Hold hold = hold()) {
      nodes.then(settled(EndReason.END_REASON_COMMITTED, 4));
      Ended end = (Ended) hold.commit(4);
      assertThat(end.charged()).isEqualTo(4);
      assertThat(((CommitRequest) nodes.last().request()).getUnits()).isEqualTo(4);
      assertThat(hold.isLive()).isFalse();
    }
    assertThat(nodes.count("Cancel")).isZero();
  }

  @Test
  void hold_closedUnsettled_isCancelled() {
    try (Hold hold = hold()) {
      assertThat(hold.isLive()).isTrue();
      nodes.then(settled(EndReason.END_REASON_CANCELLED, 0));
    }
    assertThat(((CancelRequest) nodes.last().request()).getToken()).isEqualTo("t1");
  }

  @Test
  void hold_isOverAfterItsTtl() {
    Hold hold = hold();
    nodes.time.pass(60_000);
    assertThat(hold.isLive()).isFalse();
  }

  @Test
  void receipt_isLive_andClosingSendsNothing() {
    nodes.then(granted(seat("t1", 0).setKind(GrantKind.GRANT_KIND_RECEIPT).setUnits(5)));
    try (Allocation answer = nodes.tallygate.allocate(Ask.of("calls").units(5))) {
      assertThat(answer.isLive()).isTrue();
      assertThat(((Receipt) answer).units()).isEqualTo(5);
    }
    assertThat(nodes.sent).hasSize(1);
  }

  @Test
  void seat_isLive_andClosingKeepsIt() {
    nodes.then(granted(seat("t1", 0).setKind(GrantKind.GRANT_KIND_SEAT).setUnits(1)));
    try (Allocation answer = nodes.tallygate.allocate(Ask.of("cad"))) {
      assertThat(answer.isLive()).isTrue();
      assertThat(((Seat) answer).assigned()).isTrue();
    }
    assertThat(nodes.sent).hasSize(1);
  }

  @Test
  void ask_labels_standInTheRequest() {
    assertThat(ASK.label("env=pr-7").label("team=a").request().getLabelsList())
        .containsExactly("env=pr-7", "team=a");
    assertThat(ASK.request().getLabelsList()).isEmpty();
  }
}
