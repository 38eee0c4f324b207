package dev.tallygate.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Connections as the operating system sees them. */
final class GrpcTransportTest {
  private static final long WAIT_S = 20;
  private static final int CALLS = 200;

  private final FakeTime time = new FakeTime();

  // The node's address hangs up on everybody. gRPC itself tries again after a second, then less
  // and less often; a call adds a connect only where a second has passed.
  @Test
  void nodeDown_connectsAreNotMadeForEachCall() throws Exception {
    BlockingQueue<Socket> connects = new LinkedBlockingQueue<>();
    try (ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        GrpcTransport transport = new GrpcTransport(null, time)) {
      Thread hangsUp = new Thread(() -> hangUp(door, connects));
      hangsUp.setDaemon(true);
      hangsUp.start();
      String node = "127.0.0.1:" + door.getLocalPort();

      for (int i = 0; i < CALLS; i++) fail(transport, node);
      assertThat(connects.size()).isBetween(1, CALLS / 10);

      connects.clear();
      time.pass(1_000);
      fail(transport, node);
      assertThat(connects.poll(WAIT_S, TimeUnit.SECONDS)).isNotNull();
    }
  }

  private static void hangUp(ServerSocket door, BlockingQueue<Socket> connects) {
    try {
      while (true) {
        Socket caller = door.accept();
        connects.add(caller);
        caller.close();
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private static void fail(GrpcTransport transport, String node) throws Exception {
    CompletableFuture<Failure> end = new CompletableFuture<>();
    Transport.Reply<AllocateResponse> reply =
        new Transport.Reply<>() {
          @Override
          public void answered(AllocateResponse answer, @Nullable String leader) {
            end.completeExceptionally(new AssertionError("answered"));
          }

          @Override
          public void failed(Failure failure) {
            end.complete(failure);
          }
        };
    transport.send(
        node,
        LicensingServiceGrpc.getAllocateMethod(),
        AllocateRequest.getDefaultInstance(),
        TimeUnit.SECONDS.toNanos(WAIT_S),
        reply);
    assertThat(end.get(WAIT_S, TimeUnit.SECONDS).sent()).isFalse();
  }
}
