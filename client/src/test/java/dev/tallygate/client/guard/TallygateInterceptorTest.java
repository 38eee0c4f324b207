package dev.tallygate.client.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Tallygate;
import dev.tallygate.proto.v1.GrantKind;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A guarded server over real gRPC, which asks a licensing service whose answers are laid out. */
final class TallygateInterceptorTest {
  private static final long WAIT_S = 20;
  private static final Ask SEAT = Ask.of("editor").subject("user", "alice").session("desk");
  private static final MethodDescriptor<String, String> SAY =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodType.BIDI_STREAMING)
          .setFullMethodName("app.Service/Say")
          .setRequestMarshaller(new Text())
          .setResponseMarshaller(new Text())
          .build();

  private final LaidOutLicensing licensing = new LaidOutLicensing();
  private final LaidOutLicensing otherNode = new LaidOutLicensing();
  private final BlockingQueue<Context> inboundEnds = new LinkedBlockingQueue<>();
  private final BlockingQueue<Handled> handled = new LinkedBlockingQueue<>();
  private final CompletableFuture<@Nullable Throwable> contextEnd = new CompletableFuture<>();
  private final CompletableFuture<Throwable> requestEnd = new CompletableFuture<>();
  private final CompletableFuture<Void> cancelHandlerRan = new CompletableFuture<>();
  private volatile boolean explodes;
  private volatile boolean dies;
  private volatile TallygateInterceptor.Rule rule = (method, headers) -> Demand.forCall(SEAT);
  private Tallygate tallygate;
  private Server server;
  private ManagedChannel channel;

  /** A call that the handler has begun. */
  private record Handled(@Nullable Allocation allocation, StreamObserver<String> answers) {}

  @BeforeEach
  void start() throws Exception {
    licensing.start();
    otherNode.start();
    tallygate =
        Tallygate.builder(licensing.target(), otherNode.target())
            .deadline(Duration.ofSeconds(2))
            .connect();
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("app.Service")
            .addMethod(SAY, ServerCalls.asyncBidiStreamingCall(this::handle))
            .build();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                ServerInterceptors.intercept(
                    service,
                    TallygateInterceptor.of(
                        tallygate, (method, headers) -> rule.of(method, headers)),
                    noteEnds))
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    tallygate.close();
    licensing.close();
    otherNode.close();
  }

  /** Notes when gRPC ends the context of an inbound call. */
  private final ServerInterceptor noteEnds =
      new ServerInterceptor() {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
          Context.current().addListener(inboundEnds::add, Runnable::run);
          return next.startCall(call, headers);
        }
      };

  private StreamObserver<String> handle(StreamObserver<String> answers) {
    if (explodes) throw new IllegalStateException("a bug in the handler");
    if (dies) throw new AssertionError("a worse one");
    ((ServerCallStreamObserver<String>) answers)
        .setOnCancelHandler(() -> cancelHandlerRan.complete(null));
    Context context = Context.current();
    context.addListener(ended -> contextEnd.complete(ended.cancellationCause()), Runnable::run);
    handled.add(new Handled(TallygateInterceptor.ALLOCATION.get(), answers));
    return new StreamObserver<>() {
      @Override
      public void onNext(String word) {
        if (word.equals("fail")) answers.onError(Status.ABORTED.asException());
        else answers.onNext(word);
      }

      @Override
      public void onError(Throwable cancelled) {
        requestEnd.complete(cancelled);
      }

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** One call of a client, and what it hears. */
  private static final class Talk extends ClientCall.Listener<String> {
    final List<String> heard = new CopyOnWriteArrayList<>();
    final CompletableFuture<Status> end = new CompletableFuture<>();
    volatile Metadata trailers = new Metadata();
    private final ClientCall<String, String> call;

    Talk(ManagedChannel channel) {
      call = channel.newCall(SAY, CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.request(100);
      call.sendMessage("hello");
    }

    @Override
    public void onMessage(String word) {
      heard.add(word);
    }

    @Override
    public void onClose(Status status, Metadata closing) {
      trailers = closing;
      end.complete(status);
    }

    Status.Code code() throws Exception {
      return end.get(WAIT_S, TimeUnit.SECONDS).getCode();
    }
  }

  private Handled begun() throws Exception {
    Handled begun = handled.poll(WAIT_S, TimeUnit.SECONDS);
    if (begun == null) throw new AssertionError("the handler was not reached");
    return begun;
  }

  @Test
  void granted_handlerSeesTheLease_andItIsGivenBackBehindTheCall() throws Exception {
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 60);
    Talk talk = new Talk(channel);
    Allocation allocation = begun().allocation();
    assertThat(allocation).isNotNull();
    assertThat(allocation != null && allocation.isLive()).isTrue();
    assertThat(licensing.seen("Release")).isZero();

    talk.call.halfClose();

    assertThat(talk.code()).isEqualTo(Status.Code.OK);
    assertThat(talk.heard).containsExactly("hello");
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Release");
  }

  // gRPC ends the context of a call that is over, and with it every call that was made within it.
  @Test
  void settlementBehindACall_isSentOnce_andTheClientStaysWithTheLeader() throws Exception {
    CompletableFuture<Void> releases = licensing.holdReleases();
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 60);
    Talk talk = new Talk(channel);
    begun();
    talk.call.halfClose();
    assertThat(talk.code()).isEqualTo(Status.Code.OK);
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Release");
    assertThat(inboundEnds.poll(WAIT_S, TimeUnit.SECONDS)).isNotNull();
    releases.complete(null);

    licensing.grant(GrantKind.GRANT_KIND_LEASE, 60);
    var unused = new Talk(channel);
    begun();
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.seen("Release")).isEqualTo(1);
    assertThat(otherNode.seen("Release")).isZero();
  }

  @Test
  void cancelled_givenBack() throws Exception {
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 60);
    Talk talk = new Talk(channel);
    begun();
    talk.call.cancel("enough", null);
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Release");
  }

  @Test
  void refused_handlerIsNotReached_andTheCallerIsToldWhy() throws Exception {
    licensing.refuse(3, 1_500);
    Talk talk = new Talk(channel);

    assertThat(talk.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    com.google.rpc.Status details =
        StatusProto.fromStatusAndTrailers(talk.end.get(), talk.trailers);
    ErrorInfo info = details.getDetails(0).unpack(ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo("EXHAUSTED");
    assertThat(info.getDomain()).isEqualTo("tallygate.dev");
    assertThat(info.getMetadataMap()).containsEntry("limit", "3").containsEntry("taken", "3");
    RetryInfo retry = details.getDetails(1).unpack(RetryInfo.class);
    assertThat(retry.getRetryDelay().getSeconds()).isEqualTo(1);
    assertThat(handled).isEmpty();
  }

  @Test
  void clusterUnreachable_failsClosed() throws Exception {
    licensing.close();
    otherNode.close();
    Talk talk = new Talk(channel);
    assertThat(talk.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(handled).isEmpty();
  }

  @Test
  void handlerThatFailsToBegin_callEnds_andItsSeatIsGivenBack() throws Exception {
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 60);
    explodes = true;
    assertThat(new Talk(channel).code()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Release");
  }

  @Test
  void handlerThatDiesWithAnError_callEnds_andItsSeatIsGivenBack() throws Exception {
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 60);
    dies = true;
    assertThat(new Talk(channel).code()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Release");
  }

  // Its caller can mend nothing by trying again, and is not told what this server sent.
  @Test
  void malformedAsk_isInternal_notUnavailable() throws Exception {
    licensing.fail(Status.INVALID_ARGUMENT.withDescription("units `0` is not in 1-1000"));
    Talk talk = new Talk(channel);
    assertThat(talk.code()).isEqualTo(Status.Code.INTERNAL);
    assertThat(talk.end.get().getDescription()).isEqualTo("the license guard failed");
    assertThat(handled).isEmpty();
  }

  @Test
  void ruleThatFails_failsClosed() throws Exception {
    rule =
        (method, headers) -> {
          throw new IllegalStateException("no subject");
        };
    assertThat(new Talk(channel).code()).isEqualTo(Status.Code.INTERNAL);
    assertThat(handled).isEmpty();
  }

  @Test
  void freeCall_asksNobody() throws Exception {
    rule = (method, headers) -> Demand.nothing();
    Talk talk = new Talk(channel);
    talk.call.halfClose();
    assertThat(talk.code()).isEqualTo(Status.Code.OK);
    assertThat(begun().allocation()).isNull();
    assertThat(licensing.seen("Allocate")).isZero();
  }

  @Test
  void ruleSeesMethodAndHeaders() throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    rule =
        (method, headers) -> {
          seen.complete(method.getFullMethodName() + " " + headers.keys().contains("user-agent"));
          return Demand.nothing();
        };
    var unused = new Talk(channel);
    assertThat(seen.get(WAIT_S, TimeUnit.SECONDS)).isEqualTo("app.Service/Say true");
  }

  @Test
  void sharedSession_takenOnce_givenBackBehindTheLastCall() throws Exception {
    rule = (method, headers) -> Demand.forSession(SEAT);
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 60);
    Talk one = new Talk(channel);
    Talk other = new Talk(channel);
    Allocation first = begun().allocation();
    assertThat(begun().allocation()).isSameAs(first);

    one.call.halfClose();
    assertThat(one.code()).isEqualTo(Status.Code.OK);
    assertThat(first != null && first.isLive()).isTrue();
    other.call.halfClose();
    assertThat(other.code()).isEqualTo(Status.Code.OK);

    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Release");
    assertThat(licensing.seen("Allocate")).isEqualTo(1);
  }

  @Test
  void hold_isChargedBehindACallThatSucceeds_andGivenBackBehindOneThatDoesNot() throws Exception {
    rule = (method, headers) -> Demand.forCall(Ask.of("calls").hold());
    licensing.grant(GrantKind.GRANT_KIND_HOLD, 60);
    Talk good = new Talk(channel);
    begun();
    good.call.halfClose();
    assertThat(good.code()).isEqualTo(Status.Code.OK);
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Commit");

    licensing.grant(GrantKind.GRANT_KIND_HOLD, 60);
    Talk bad = new Talk(channel);
    bad.call.sendMessage("fail");
    assertThat(bad.code()).isEqualTo(Status.Code.ABORTED);
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Cancel");
  }

  @Test
  void leaseRevokedUnderTheCall_callEnds_andItsContextIsCancelled() throws Exception {
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 1);
    Talk talk = new Talk(channel);
    Handled begun = begun();
    // The renewal, due within a third of a second, is answered with the end.
    assertThat(talk.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(String.valueOf(talk.end.get().getDescription())).contains("REVOKED");
    assertThat(contextEnd.get(WAIT_S, TimeUnit.SECONDS)).isNotNull();
    begun.answers().onNext("too late");
    assertThat(talk.heard).doesNotContain("too late");
  }

  @Test
  void leaseLost_handlersCancelHandlerRuns_andItsRequestObserverEnds() throws Exception {
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 1);
    Talk talk = new Talk(channel);
    begun();
    assertThat(talk.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    cancelHandlerRan.get(WAIT_S, TimeUnit.SECONDS);
    assertThat(requestEnd.get(WAIT_S, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void leaseLost_handlerThatPollsIsCancelled_ends() throws Exception {
    licensing.grant(GrantKind.GRANT_KIND_LEASE, 1);
    Talk talk = new Talk(channel);
    var answers = (ServerCallStreamObserver<String>) begun().answers();
    assertThat(talk.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(answers.isCancelled()).isTrue();
  }

  // Two calls wait for the same answer, and a third one comes while one of them goes on.
  @Test
  void sharedDemandOnAMeter_eachCallIsCharged() throws Exception {
    rule = (method, headers) -> Demand.forSession(Ask.of("calls").hold());
    for (int i = 0; i < 3; i++) licensing.grant(GrantKind.GRANT_KIND_HOLD, 60);
    CompletableFuture<Void> allocates = licensing.holdAllocates();
    Talk one = new Talk(channel);
    Talk two = new Talk(channel);
    assertThat(licensing.next()).isEqualTo("Allocate");
    allocates.complete(null);
    Allocation first = begun().allocation();
    assertThat(begun().allocation()).isNotSameAs(first);
    Talk three = new Talk(channel);
    assertThat(begun().allocation()).isNotSameAs(first);
    assertThat(licensing.next()).isEqualTo("Allocate");
    assertThat(licensing.next()).isEqualTo("Allocate");

    for (Talk each : List.of(one, two, three)) {
      each.call.halfClose();
      assertThat(each.code()).isEqualTo(Status.Code.OK);
      assertThat(licensing.next()).isEqualTo("Commit");
    }
  }
}
