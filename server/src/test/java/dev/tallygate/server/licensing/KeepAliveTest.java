package dev.tallygate.server.licensing;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.KeepAliveRequest;
import dev.tallygate.proto.v1.KeepAliveResponse;
import dev.tallygate.proto.v1.KeepAliveResult;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.grpc.CallCounts;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** KeepAlive over real gRPC: what each renewal comes to, and what becomes of the stream. */
class KeepAliveTest {
  private static final long SECOND_US = 1_000_000;
  private static final long WAIT_MS = 10_000;

  @TempDir private Path dir;
  private OneLog log;
  private TestNode n1;
  private TestNode n2;
  private int requests;

  @BeforeEach
  void start() throws Exception {
    log = new OneLog(dir);
    log.lead("n1");
    log.catalog(
        Entitlement.newBuilder()
            .setName("cad")
            .setLimit(5_000)
            .setConcurrentSession(
                ConcurrentSession.newBuilder()
                    .setTtlUs(60 * SECOND_US)
                    .setTtlMaxUs(120 * SECOND_US)
                    .setGraceUs(5 * SECOND_US)
                    .setSharing(Sharing.SHARING_SUBJECT))
            .build());
    n1 = new TestNode(log, "n1");
    n2 = new TestNode(log, "n2");
  }

  @AfterEach
  void stop() throws Exception {
    log.audit();
    assertThat(n1.halted.get()).isNull();
    n1.close();
    n2.close();
    log.close();
  }

  /** A client that asks for as many answers as it is told to. */
  private static final class Stream {
    final BlockingQueue<KeepAliveResponse> answers = new LinkedBlockingQueue<>();
    final CompletableFuture<Status> end = new CompletableFuture<>();
    final ClientCall<byte[], byte[]> call;

    Stream(TestNode node, int answersWanted) {
      this(node.data, answersWanted);
    }

    Stream(ManagedChannel connection, int answersWanted) {
      call =
          connection.newCall(
              ByteMethods.of(LicensingServiceGrpc.getKeepAliveMethod()), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onMessage(byte[] message) {
              try {
                answers.add(KeepAliveResponse.parseFrom(message));
              } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                end.completeExceptionally(e);
              }
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
      if (answersWanted > 0) call.request(answersWanted);
    }

    Stream(TestNode node) {
      this(node, 100_000);
    }

    void send(KeepAliveRequest.Builder message) {
      call.sendMessage(message.build().toByteArray());
    }

    KeepAliveResponse answer() throws Exception {
      KeepAliveResponse answer = answers.poll(WAIT_MS, TimeUnit.MILLISECONDS);
      assertThat(answer).as("an answer; the stream ended: %s", end.getNow(null)).isNotNull();
      return answer;
    }

    Status end() throws Exception {
      return end.get(WAIT_MS, TimeUnit.MILLISECONDS);
    }
  }

  @Test
  void manyLeasesOnOneStream_areRenewedAtAnyNode() throws Exception {
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) grants.add(take("user-" + i));
    for (TestNode node : List.of(n1, n2)) {
      Stream stream = new Stream(node);
      for (int round = 1; round <= 4; round++) {
        // Longer than ttl and grace in all: what is not renewed would be gone.
        log.pass(25_000);
        stream.send(renewals(grants).setNumber(round));
        KeepAliveResponse answer = stream.answer();
        assertThat(answer.getNumber()).isEqualTo(round);
        assertThat(answer.getResultsList()).hasSize(1_000);
        for (int i = 0; i < 1_000; i++) {
          Grant renewed = answer.getResults(i).getResponse().getRenewed();
          assertThat(renewed.getLeaseId()).isEqualTo(grants.get(i).getLeaseId());
          assertThat(renewed.getTtl().getSeconds()).isEqualTo(60);
        }
      }
      stream.call.halfClose();
      assertThat(stream.end().isOk()).isTrue();
    }
    assertThat(n2.counts.read(CallCounts.Call.KEEP_ALIVE, CallCounts.Result.FORWARDED))
        .as("as a whole")
        .isEqualTo(4);
    assertThat(n2.counts.read(CallCounts.Call.RENEW, CallCounts.Result.FORWARDED)).isZero();
    assertThat(n1.pool("cad", "").getPool().getHeld()).isEqualTo(1_000);
  }

  @Test
  void eachRenewal_saysWhatBecameOfItsLease() throws Exception {
    Grant live = take("ann");
    Grant released = take("bob");
    Grant revoked = take("eve");
    Grant fenced = take("dan");
    take("dan");
    n1.release(
        ReleaseRequest.newBuilder()
            .setLeaseId(released.getLeaseId())
            .setToken(released.getToken())
            .build());
    n1.revoke(
        RevokeRequest.newBuilder().setLeaseId(revoked.getLeaseId()).setReason("test").build());
    String foreign = new ClusterIds(new UUID(1, 2)).format(3);
    Stream stream = new Stream(n2);
    stream.send(
        KeepAliveRequest.newBuilder()
            .addRenewals(renewal(live).setTtl(seconds(100)))
            .addRenewals(renewal(released))
            .addRenewals(renewal(revoked))
            .addRenewals(renewal(fenced))
            .addRenewals(renewal(live).setLeaseId(foreign))
            .addRenewals(renewal(live).setToken("nonsense"))
            .addRenewals(renewal(live).setTenant("nobody")));
    List<KeepAliveResult> results = stream.answer().getResultsList();
    assertThat(results.get(0).getResponse().getRenewed().getTtl().getSeconds()).isEqualTo(100);
    // Forgotten at once: only holds keep their outcome.
    for (int i : new int[] {1, 2})
      assertThat(results.get(i).getResponse().getEnded().getReason())
          .isEqualTo(EndReason.END_REASON_FORGOTTEN);
    assertThat(results.get(3).getResponse().getRefused().getReason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_FENCED);
    assertThat(results.get(4).getError().getCode())
        .isEqualTo(Status.Code.FAILED_PRECONDITION.value());
    assertThat(results.get(5).getError().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(results.get(5).getError().getMessage()).contains("token");
    assertThat(results.get(6).getError().getCode()).isEqualTo(Status.Code.NOT_FOUND.value());
  }

  private static com.google.protobuf.Duration seconds(long seconds) {
    return com.google.protobuf.Duration.newBuilder().setSeconds(seconds).build();
  }

  @Test
  void streamLost_releasesNothing_andAnotherGoesOn() throws Exception {
    Grant grant = take("ann");
    Stream lost = new Stream(n2);
    lost.send(renewals(List.of(grant)));
    var unused = lost.answer();
    lost.call.cancel("the client is gone", null);
    eventually("the place is free", WAIT_MS, () -> n2.feature.keepAlives().open() == 0);
    log.pass(50_000);
    assertThat(n1.pool("cad", "").getPool().getHeld()).isOne();
    Stream next = new Stream(n1);
    next.send(renewals(List.of(grant)));
    assertThat(next.answer().getResults(0).getResponse().hasRenewed()).isTrue();
  }

  @Test
  void leaderMoves_streamGoesOn() throws Exception {
    Grant grant = take("ann");
    Stream stream = new Stream(n2);
    stream.send(renewals(List.of(grant)));
    assertThat(stream.answer().getResults(0).getResponse().hasRenewed()).isTrue();
    log.lead(null);
    stream.send(renewals(List.of(grant)));
    log.lead("n2");
    assertThat(stream.answer().getResults(0).getResponse().hasRenewed()).isTrue();
    log.endNext(ProposalFailure.UNKNOWN, true);
    stream.send(renewals(List.of(grant)));
    assertThat(stream.answer().getResults(0).getResponse().hasRenewed()).isTrue();
  }

  @Test
  void messagesMalformedAsAWhole_endTheStreamAndTouchNothing() throws Exception {
    Grant grant = take("ann");
    KeepAliveRequest.Builder tooMany = KeepAliveRequest.newBuilder();
    for (int i = 0; i < 1_001; i++) tooMany.addRenewals(renewal(grant));
    long before = log.commands();
    for (byte[] message :
        List.of(new byte[0], tooMany.build().toByteArray(), new byte[] {0x0A, 0x7F, 1})) {
      Stream stream = new Stream(n1);
      stream.call.sendMessage(message);
      Status end = stream.end();
      assertThat(end.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(end.getDescription()).contains("renewals");
    }
    assertThat(log.commands()).isEqualTo(before);
    assertThat(n1.feature.keepAlives().open()).isZero();
  }

  // Nobody takes the answers. A few fit into the windows of the connection; after that the node
  // reads no more, whatever is sent.
  @Test
  void endlessStreamWithoutReader_isReadNoFurther() throws Exception {
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < 500; i++) grants.add(take("user-" + i));
    Stream stream = new Stream(n1, 0);
    long before = log.commands();
    for (int i = 0; i < 200; i++) stream.send(renewals(grants));
    long[] last = {-1};
    eventually(
        "it stands still",
        WAIT_MS,
        () -> {
          long now = log.commands();
          boolean still = now == last[0] && now > before;
          last[0] = now;
          return still;
        });
    assertThat((log.commands() - before) / 500).isLessThan(20);
    stream.call.request(1_000);
    for (int i = 0; i < 200; i++)
      assertThat(stream.answer().getResults(499).getResponse().hasRenewed()).isTrue();
  }

  @Test
  void streamThatSaysNothing_isEnded() throws Exception {
    Stream idle = new Stream(n1);
    eventually("open", WAIT_MS, () -> n1.feature.keepAlives().open() == 1);
    long now = System.nanoTime();
    n1.feature.keepAlives().endIdle(now);
    assertThat(n1.feature.keepAlives().open()).isOne();
    n1.feature.keepAlives().endIdle(now + KeepAlives.IDLE_NS + 1);
    assertThat(idle.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(n1.feature.keepAlives().open()).isZero();
  }

  @Test
  void nodeThatStops_endsItsStreamsAndTakesNoMore() throws Exception {
    Stream open = new Stream(n1);
    eventually("open", WAIT_MS, () -> n1.feature.keepAlives().open() == 1);
    n1.feature.drain();
    assertThat(open.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(new Stream(n1).end().getDescription()).contains("stopping");
  }

  @Test
  void oneConnection_leavesStreamsForOthers() throws Exception {
    List<Stream> open = new ArrayList<>();
    for (int i = 0; i < KeepAlives.STREAMS_EACH_MAX; i++) open.add(new Stream(n1));
    eventually("open", WAIT_MS, () -> n1.feature.keepAlives().open() == open.size());
    Status refused = new Stream(n1).end();
    assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getDescription()).contains("keep-alive streams of one connection `64`");
    ManagedChannel other = n1.connect();
    Stream ofOther = new Stream(other, 100);
    Stream ofAdmin = new Stream(n1.admin(), 100);
    for (Stream stream : List.of(ofOther, ofAdmin)) {
      stream.call.halfClose();
      assertThat(stream.end().isOk()).isTrue();
    }
    other.shutdownNow();
    open.get(0).call.halfClose();
    assertThat(open.get(0).end().isOk()).isTrue();
    Stream again = new Stream(n1);
    again.call.halfClose();
    assertThat(again.end().isOk()).isTrue();
  }

  @Test
  void tooManyStreams_areRefused() throws Exception {
    List<ManagedChannel> connections = new ArrayList<>();
    for (int i = 0; i < KeepAlives.STREAMS_MAX; i++) {
      if (i % KeepAlives.STREAMS_EACH_MAX == 0) connections.add(n1.connect());
      new Stream(connections.getLast(), 100);
    }
    eventually("open", WAIT_MS, () -> n1.feature.keepAlives().open() == KeepAlives.STREAMS_MAX);
    Status refused = new Stream(n1).end();
    assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getDescription()).contains("open keep-alive streams `1024`");
    connections.forEach(ManagedChannel::shutdownNow);
  }

  private static KeepAliveRequest.Builder renewals(List<Grant> grants) {
    KeepAliveRequest.Builder message = KeepAliveRequest.newBuilder();
    for (Grant grant : grants) message.addRenewals(renewal(grant));
    return message;
  }

  private static RenewRequest.Builder renewal(Grant grant) {
    return RenewRequest.newBuilder().setLeaseId(grant.getLeaseId()).setToken(grant.getToken());
  }

  private Grant take(String subject) {
    return n1.allocate(
            AllocateRequest.newBuilder()
                .setRequestId("r" + ++requests)
                .setIssuedAt(Timestamp.newBuilder().setSeconds(log.wallUs() / SECOND_US))
                .setSubject(Subject.newBuilder().setType("user").setId(subject))
                .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"))
                .build())
        .getGranted()
        .getGrants(0);
  }
}
