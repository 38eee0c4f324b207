package dev.tallygate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceImplBase;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client over real gRPC, against services that a test makes. */
final class TallygateTest {
  private static final Ask ASK = Ask.of("calls").subject("user", "alice");

  private final List<AllocateRequest> leaderSaw = new CopyOnWriteArrayList<>();
  private final List<AllocateRequest> followerSaw = new CopyOnWriteArrayList<>();
  private Server leader;
  private Server follower;

  @BeforeEach
  void start() throws Exception {
    leader =
        server(
            new LicensingServiceImplBase() {
              @Override
              public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> call) {
                leaderSaw.add(request);
                Grant.Builder grant =
                    Grant.newBuilder().setKind(GrantKind.GRANT_KIND_RECEIPT).setUnits(1);
                call.onNext(
                    AllocateResponse.newBuilder()
                        .setGranted(Granted.newBuilder().addGrants(grant))
                        .build());
                call.onCompleted();
              }
            });
    follower =
        server(
            new LicensingServiceImplBase() {
              @Override
              public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> call) {
                followerSaw.add(request);
                Metadata trailers = new Metadata();
                trailers.put(
                    Metadata.Key.of("tallygate-leader", Metadata.ASCII_STRING_MARSHALLER),
                    "node-2 " + target(leader));
                call.onError(Status.UNAVAILABLE.asRuntimeException(trailers));
              }
            });
  }

  private static Server server(LicensingServiceImplBase service) throws Exception {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .addService(service)
        .build()
        .start();
  }

  private static String target(Server server) {
    return "127.0.0.1:" + server.getPort();
  }

  @AfterEach
  void stop() {
    leader.shutdownNow();
    follower.shutdownNow();
  }

  @Test
  void follower_namesTheLeader_andTheClientGoesThereAndStaysThere() {
    try (Tallygate tallygate = Tallygate.builder(target(follower)).tenant("acme").connect()) {
      assertThat(tallygate.allocate(ASK).isLive()).isTrue();
      assertThat(tallygate.allocate(ASK).isLive()).isTrue();
    }
    assertThat(followerSaw).hasSize(1);
    assertThat(leaderSaw).extracting(AllocateRequest::getAttempt).containsExactly(2, 1);
    assertThat(leaderSaw).extracting(AllocateRequest::getTenant).containsOnly("acme");
  }

  @Test
  void nobodyListens_nothingHappened_inTime() {
    leader.shutdownNow();
    try (Tallygate tallygate =
        Tallygate.builder("127.0.0.1:1").deadline(Duration.ofMillis(300)).connect()) {
      TallygateException thrown =
          catchThrowableOfType(TallygateException.class, () -> tallygate.allocate(ASK));
      assertThat(thrown.isOutcomeUnknown()).isFalse();
      assertThat(thrown.repeat()).isNull();
    }
  }

  @Test
  void closed_refusesFurtherCalls() {
    Tallygate tallygate = Tallygate.connect(target(leader));
    tallygate.close();
    assertThatThrownBy(() -> tallygate.allocate(ASK)).isInstanceOf(TallygateException.class);
    assertThat(leaderSaw).isEmpty();
  }

  @Test
  void interrupted_offersNoRepeat_asWhatIsGrantedIsGivenBack() {
    try (Tallygate tallygate = Tallygate.connect(target(leader))) {
      Thread.currentThread().interrupt();
      TallygateException thrown =
          catchThrowableOfType(TallygateException.class, () -> tallygate.allocate(ASK));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(thrown.isOutcomeUnknown()).isTrue();
      assertThat(thrown.repeat()).isNull();
    }
  }

  @Test
  void plaintext_leavesThisMachineOnlyWhereItIsSaid() {
    for (String here : List.of("127.0.0.1:7420", "localhost:7420", "[::1]:7420")) {
      Tallygate.connect(here).close();
    }
    for (String away :
        List.of("10.0.0.1:7420", "localhost.example:7420", "127.0.0.1.example:7420", "dns:///n")) {
      assertThatThrownBy(() -> Tallygate.connect(away))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("`" + away + "`");
    }
    Tallygate.builder("10.0.0.1:7420")
        .credentials(InsecureChannelCredentials.create())
        .connect()
        .close();
  }

  @Test
  void builder_namesWhatIsOutOfRange() {
    assertThatThrownBy(() -> Tallygate.connect()).hasMessage("targets: `0` is not in 1-16");
    assertThatThrownBy(() -> Tallygate.builder("127.0.0.1:1").deadline(Duration.ZERO))
        .hasMessage("deadline `PT0S` is not in 1 ms to 5 min");
  }
}
