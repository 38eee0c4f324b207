package dev.tallygate.server.cli;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListPoolsRequest;
import dev.tallygate.proto.v1.ListPoolsResponse;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Plays short commands against a server that answers whatever is asked, so that the JVM can record
 * which classes they need: the launcher's cache for commands is made of this run. Shows nothing,
 * and asks no node.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] args) throws IOException {
    Path configs = Files.createTempDirectory("tallygate-rehearsal");
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new AnyLicensing())
            .addService(new AnyCluster())
            .build()
            .start();
    try {
      play(new Environment(Map.of("XDG_CONFIG_HOME", configs.toString())), server.getPort());
    } finally {
      server.shutdownNow();
      Files.deleteIfExists(configs.resolve("tallygate/contexts.yaml"));
      Files.deleteIfExists(configs.resolve("tallygate"));
      Files.delete(configs);
    }
  }

  private static void play(Environment environment, int port) {
    String at = "127.0.0.1:" + port;
    for (String line :
        List.of(
            "--help",
            "allocate --help",
            "context set any --use --target " + at + " --admin " + at,
            "status",
            "status --json",
            "allocate any --subject user:any --session any",
            "pool list")) {
      PrintWriter nobody = new PrintWriter(Writer.nullWriter());
      String[] arguments = line.split(" ", -1);
      int exit =
          Main.commandLine(environment, arguments).setOut(nobody).setErr(nobody).execute(arguments);
      if (exit != 0) throw new IllegalStateException("`" + line + "` ended with " + exit);
    }
  }

  private static <M> void answer(StreamObserver<M> reply, M message) {
    reply.onNext(message);
    reply.onCompleted();
  }

  private static final class AnyLicensing extends LicensingServiceGrpc.LicensingServiceImplBase {
    @Override
    public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> reply) {
      Grant.Builder grant = Grant.newBuilder().setExpiresAt(Timestamp.getDefaultInstance());
      answer(
          reply,
          AllocateResponse.newBuilder().setGranted(Granted.newBuilder().addGrants(grant)).build());
    }

    @Override
    public void listPools(ListPoolsRequest request, StreamObserver<ListPoolsResponse> reply) {
      answer(
          reply,
          ListPoolsResponse.newBuilder().addPools(Pool.newBuilder().setModel("site")).build());
    }
  }

  private static final class AnyCluster extends ClusterServiceGrpc.ClusterServiceImplBase {
    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> reply) {
      answer(reply, StatusResponse.getDefaultInstance());
    }
  }
}
