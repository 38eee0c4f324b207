package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is shown again and again: when it goes on, and when it ends. */
class WatchingTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final AtomicInteger asked = new AtomicInteger();
  private Server server;

  /** Answers, is away for one call, answers, and then says no for good. */
  private final class Moody extends ClusterServiceGrpc.ClusterServiceImplBase {
    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> reply) {
      switch (asked.incrementAndGet()) {
        case 1, 3 -> {
          reply.onNext(StatusResponse.newBuilder().setNodeId("node-1").build());
          reply.onCompleted();
        }
        case 2 -> reply.onError(Status.RESOURCE_EXHAUSTED.asRuntimeException());
        default -> reply.onError(Status.INVALID_ARGUMENT.asRuntimeException());
      }
    }
  }

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Moody())
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private int status(String... more) {
    List<String> all =
        new ArrayList<>(List.of("status", "--admin", "127.0.0.1:" + server.getPort()));
    all.addAll(List.of(more));
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(all.toArray(String[]::new));
  }

  @Test
  void watched_goesOnWhileTheNodeIsAway_andEndsWithAnErrorThatStays() {
    assertThat(status("--watch", "1", "--json")).isEqualTo(CliExit.FAILED.number());

    assertThat(asked).hasValue(4);
    assertThat(out.toString().lines().map(line -> line.substring(0, line.indexOf(':'))))
        .containsExactly("{\"node_id\"", "{\"error\"", "{\"node_id\"", "{\"error\"");
  }

  @Test
  void notWatched_isShownOnce() {
    assertThat(status()).isZero();

    assertThat(asked).hasValue(1);
    assertThat(out.toString()).startsWith("node id  node-1");
  }

  @Test
  void pause_outOfBounds_usageErrorBeforeAnythingIsAsked() {
    assertThat(status("--watch", "3601")).isEqualTo(CliExit.USAGE.number());

    assertThat(err.toString()).contains("--watch `3601` is not in 1-3600");
    assertThat(asked).hasValue(0);
  }
}
