package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.BlockLabelRequest;
import dev.tallygate.proto.v1.BlockLabelResponse;
import dev.tallygate.proto.v1.LabelBlock;
import dev.tallygate.proto.v1.LabelReleased;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ListLabelBlocksRequest;
import dev.tallygate.proto.v1.ListLabelBlocksResponse;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseByLabelRequest;
import dev.tallygate.proto.v1.ReleaseByLabelResponse;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the {@code label} verbs ask for, and how they show it. */
class LabelCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final FakeService service = new FakeService();
  private Server server;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(service)
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--admin", "127.0.0.1:" + server.getPort()));
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(all.toArray(String[]::new));
  }

  /** Releases two at a time, so often as it is told to. */
  private static final class FakeService extends LicensingServiceGrpc.LicensingServiceImplBase {
    final List<ReleaseByLabelRequest> releases = new ArrayList<>();
    final List<BlockLabelRequest> blocks = new ArrayList<>();
    int steps = 3;
    int refusedAt = -1;

    @Override
    public void releaseByLabel(
        ReleaseByLabelRequest request, StreamObserver<ReleaseByLabelResponse> reply) {
      releases.add(request);
      ReleaseByLabelResponse.Builder response = ReleaseByLabelResponse.newBuilder();
      if (releases.size() == refusedAt)
        response.setRefused(
            Refusal.newBuilder().setReason(RefusalReason.REFUSAL_REASON_REQUEST_TOO_OLD));
      else
        response.setReleased(
            LabelReleased.newBuilder()
                .setLeases(2)
                .setContinueToken(releases.size() < steps ? "up-to-here" : ""));
      reply.onNext(response.build());
      reply.onCompleted();
    }

    @Override
    public void blockLabel(BlockLabelRequest request, StreamObserver<BlockLabelResponse> reply) {
      blocks.add(request);
      LabelBlock.Builder block = LabelBlock.newBuilder().setLabel(request.getLabel());
      if (request.hasUntil()) block.setUntil(request.getUntil());
      reply.onNext(BlockLabelResponse.newBuilder().setBlock(block).build());
      reply.onCompleted();
    }

    @Override
    public void listLabelBlocks(
        ListLabelBlocksRequest request, StreamObserver<ListLabelBlocksResponse> reply) {
      reply.onNext(
          ListLabelBlocksResponse.newBuilder()
              .addBlocks(
                  LabelBlock.newBuilder()
                      .setLabel("env=pr-7")
                      .setUntil(Timestamp.newBuilder().setSeconds(1_900_000_000)))
              .build());
      reply.onCompleted();
    }
  }

  /** Each step is a request of its own, or it would be answered as the one before. */
  @Test
  void release_inSeveralSteps_goesOnUntilNothingIsLeft() {
    assertThat(run("label", "release", "env=pr-7", "--reason", "merged")).isZero();
    assertThat(out.toString()).contains("6").doesNotContain("up-to-here");
    assertThat(service.releases).hasSize(3);
    assertThat(service.releases)
        .extracting(ReleaseByLabelRequest::getContinueToken)
        .containsExactly("", "up-to-here", "up-to-here");
    assertThat(service.releases)
        .extracting(ReleaseByLabelRequest::getRequestId)
        .doesNotHaveDuplicates();
    assertThat(service.releases.get(2).getLabel()).isEqualTo("env=pr-7");
    assertThat(service.releases.get(2).getReason()).isEqualTo("merged");
  }

  @Test
  void release_refused_endsWithNo() {
    service.refusedAt = 2;
    assertThat(run("label", "release", "env=pr-7", "--reason", "merged"))
        .isEqualTo(CliExit.NO.number());
    assertThat(service.releases).hasSize(2);
    assertThat(out.toString()).contains("TOO_OLD");
  }

  @Test
  void blockAndUnblock_nameTheLabel() {
    assertThat(
            run("label", "block", "env=pr-7", "--until", "2030-01-31T00:00:00Z", "--reason", "x"))
        .isZero();
    assertThat(run("label", "unblock", "env=pr-7", "--reason", "y")).isZero();
    assertThat(service.blocks.get(0).hasUntil()).isTrue();
    assertThat(service.blocks.get(0).getClear()).isFalse();
    assertThat(service.blocks.get(1).getClear()).isTrue();
    assertThat(run("label", "block", "env=pr-7", "--reason", "x"))
        .isEqualTo(CliExit.USAGE.number());
  }

  @Test
  void list_showsUntilWhen() {
    assertThat(run("label", "list")).isZero();
    assertThat(out.toString()).contains("env=pr-7").contains("2030-03-17T17:46:40Z");
  }
}
