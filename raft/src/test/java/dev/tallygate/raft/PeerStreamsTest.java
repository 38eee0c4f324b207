package dev.tallygate.raft;

import static dev.tallygate.raft.Eventually.eventually;
import static dev.tallygate.raft.RaftCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ClientCall;
import org.apache.ratis.thirdparty.io.grpc.ConnectivityState;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams between nodes whose other end stops reading. */
final class PeerStreamsTest {
  private static final int QUESTIONS_MAX = 8;
  private static final int ECHO = 16;
  private static final int CALL = 32;
  private static final int BYTES_MAX = 4_096;
  private static final long LONG_US = 60_000_000;

  @TempDir Path dir;

  private RaftNodeConfig config() {
    return config(QUESTIONS_MAX);
  }

  private RaftNodeConfig config(int questionsMax) {
    return RaftNodeConfig.of(
        "n1",
        UUID.randomUUID(),
        List.of(
            new RaftNodeConfig.Peer("n1", "127.0.0.1", 1),
            new RaftNodeConfig.Peer("n2", "127.0.0.1", 2)),
        dir,
        b -> {
          b.peerQuestionsMax = questionsMax;
          b.peerMessageBytesMax = BYTES_MAX;
          b.electionTimeoutMinMs = 50;
        });
  }

  @Test
  void askerThatDoesNotRead_isAskedForNoMoreUntilItDoes() {
    RaftNodeConfig config = config();
    PeerService service = new PeerService(config);
    service.handle(
        ECHO, (from, question, deadlineNs) -> CompletableFuture.completedFuture(question));
    Answering call = new Answering();
    ServerCall.Listener<byte[]> stream = service.startCall(call, headers(config.clusterId()));
    assertThat(call.requested).isEqualTo(QUESTIONS_MAX);

    stream.onMessage(PeerWire.question(ECHO, 1, 1_000_000, new byte[] {1}));
    assertThat(call.requested).isEqualTo(QUESTIONS_MAX + 1);
    call.ready = false;
    for (int i = 2; i <= 4; i++) {
      stream.onMessage(PeerWire.question(ECHO, i, 1_000_000, new byte[] {1}));
    }
    assertThat(call.answers).hasSize(4);
    assertThat(call.requested).isEqualTo(QUESTIONS_MAX + 1);

    call.ready = true;
    stream.onReady();
    assertThat(call.requested).isEqualTo(QUESTIONS_MAX + 4);
    stream.onReady();
    assertThat(call.requested).isEqualTo(QUESTIONS_MAX + 4);
  }

  @Test
  void peerThatDoesNotRead_streamEndsWithTheFirstLateQuestion() throws Exception {
    Asking channel = new Asking();
    PeerLink link = new PeerLink(config(), "n2", channel);
    CompletableFuture<byte[]> other = link.ask(ECHO, new byte[4], 60_000_000);
    lateQuestion(link);
    assertThat(channel.cancelled).as("a peer that reads and is slow").isZero();
    assertThat(other).isNotDone();

    channel.ready = false;
    eventually(
        "the stream ends",
        PATIENCE,
        () -> {
          lateQuestion(link);
          return channel.cancelled == 1;
        });
    assertThatThrownBy(() -> other.get(1, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("does not read");
  }

  @Test
  void passedOnCalls_leaveRoomForQuestionsOfTheNode() {
    PeerLink places = new PeerLink(config(), "n2", new Asking());
    for (int i = 0; i < 6; i++)
      assertThat(places.ask(CALL, new byte[4], LONG_US)).as("call %s", i).isNotDone();
    assertOverloaded(places.ask(CALL, new byte[4], LONG_US));
    for (int i = 0; i < 2; i++)
      assertThat(places.ask(ECHO, new byte[4], LONG_US)).as("question %s", i).isNotDone();
    assertOverloaded(places.ask(ECHO, new byte[4], LONG_US));
  }

  // Sixteen messages of the largest size are the bound of a link in bytes: twelve for calls.
  @Test
  void passedOnBytes_leaveRoomForQuestionsOfTheNode() throws Exception {
    RaftNodeConfig config = config(64);
    PeerLink link = new PeerLink(config, "n2", new Asking());
    for (int i = 0; i < 11; i++)
      assertThat(link.ask(CALL, new byte[BYTES_MAX], LONG_US)).as("call %s", i).isNotDone();
    CompletableFuture<byte[]> late = link.ask(CALL, new byte[BYTES_MAX], 1);
    assertOverloaded(link.ask(CALL, new byte[1], LONG_US));
    assertThat(link.ask(ECHO, new byte[BYTES_MAX], LONG_US)).isNotDone();
    eventually(
        "its time is up",
        PATIENCE,
        () -> {
          link.checkDeadlines();
          return late.isCompletedExceptionally();
        });
    assertThat(link.ask(CALL, new byte[BYTES_MAX], LONG_US)).as("its room is free").isNotDone();
    assertOverloaded(link.ask(CALL, new byte[1], LONG_US));
  }

  private static void assertOverloaded(CompletableFuture<byte[]> answer) {
    assertThatThrownBy(() -> answer.get(1, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            RaftFailure.class,
            failure -> assertThat(failure.reason()).isEqualTo(RaftFailure.Reason.OVERLOADED));
  }

  private static void lateQuestion(PeerLink link) throws Exception {
    CompletableFuture<byte[]> late = link.ask(ECHO, new byte[4], 1);
    eventually(
        "its time is up",
        PATIENCE,
        () -> {
          link.checkDeadlines();
          return late.isCompletedExceptionally();
        });
  }

  private static Metadata headers(UUID cluster) {
    Metadata headers = new Metadata();
    headers.put(PeerWire.FROM, "n2");
    headers.put(PeerWire.CLUSTER, cluster.toString());
    return headers;
  }

  private static final class Answering extends ServerCall<byte[], byte[]> {
    private final List<byte[]> answers = new ArrayList<>();
    private int requested;
    private boolean ready = true;

    @Override
    public void request(int count) {
      requested += count;
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void sendMessage(byte[] message) {
      answers.add(message);
    }

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<byte[], byte[]> getMethodDescriptor() {
      return PeerWire.ASK;
    }
  }

  /** A channel with one call whose peer never answers. */
  private static final class Asking extends ManagedChannel {
    private boolean ready = true;
    private int cancelled;

    @Override
    @SuppressWarnings("unchecked") // Only PeerWire.ASK is called.
    public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
      return (ClientCall<Q, A>) new Call();
    }

    private final class Call extends ClientCall<byte[], byte[]> {
      private ClientCall.Listener<byte[]> listener = new ClientCall.Listener<>() {};

      @Override
      public void start(Listener<byte[]> responses, Metadata headers) {
        listener = responses;
      }

      @Override
      public void request(int count) {}

      @Override
      public void cancel(String message, Throwable cause) {
        cancelled++;
        listener.onClose(Status.CANCELLED.withDescription(message), new Metadata());
      }

      @Override
      public void halfClose() {}

      @Override
      public void sendMessage(byte[] message) {}

      @Override
      public boolean isReady() {
        return ready;
      }
    }

    @Override
    public String authority() {
      return "n2";
    }

    @Override
    public ConnectivityState getState(boolean connect) {
      return ConnectivityState.READY;
    }

    @Override
    public ManagedChannel shutdown() {
      return this;
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public ManagedChannel shutdownNow() {
      return this;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }
}
