package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RevokeResponse;
import dev.tallygate.proto.v1.UnassignSeatRequest;
import dev.tallygate.server.grpc.GrpcErrors;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person is told about a request whose end was not seen, and how it is repeated. */
class RepeatTest {
  private final StringWriter err = new StringWriter();
  private final List<AllocateRequest> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger unassigned = new AtomicInteger();
  private volatile StatusRuntimeException failure = Status.UNAVAILABLE.asRuntimeException();
  private Server server;

  @BeforeEach
  void serve() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                new LicensingServiceGrpc.LicensingServiceImplBase() {
                  @Override
                  public void allocate(
                      AllocateRequest request, StreamObserver<AllocateResponse> observer) {
                    requests.add(request);
                    observer.onError(failure);
                  }

                  @Override
                  public void unassignSeat(
                      UnassignSeatRequest request, StreamObserver<RevokeResponse> observer) {
                    unassigned.incrementAndGet();
                    observer.onError(failure);
                  }
                })
            .build()
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    server.shutdownNow().awaitTermination();
  }

  private int allocate(String... more) {
    String[] first = {
      "allocate", "cad", "--subject", "u", "--timeout-ms", "1000", "--target",
    };
    List<String> line = new java.util.ArrayList<>(List.of(first));
    line.add("127.0.0.1:" + server.getPort());
    line.addAll(List.of(more));
    return Main.commandLine()
        .setOut(new PrintWriter(new StringWriter()))
        .setErr(new PrintWriter(err))
        .execute(line.toArray(new String[0]));
  }

  @Test
  void unassignSeat_outcomeUnknown_isAskedOnceAndSaysWhereToLook() {
    failure = GrpcErrors.unknown(null).exception();
    int exit =
        Main.commandLine()
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(err))
            .execute(
                ("seat unassign cad --subject user:u --reason left --timeout-ms 1000 --admin 127.0.0.1:"
                        + server.getPort())
                    .split(" "));
    assertThat(exit).isEqualTo(CliExit.UNKNOWN.number());
    assertThat(unassigned).hasValue(1);
    assertThat(err.toString()).contains("tallygate lease list cad");
  }

  private String optionsOf(AllocateRequest request) {
    return "--request-id "
        + request.getRequestId()
        + " --issued-at "
        + java.time.Instant.ofEpochSecond(
            request.getIssuedAt().getSeconds(), request.getIssuedAt().getNanos());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void outcomeUnknown_saysByWhatItIsRepeated(boolean ours) {
    failure = ours ? GrpcErrors.unknown(null).exception() : Status.UNAVAILABLE.asRuntimeException();

    assertThat(allocate()).isEqualTo(CliExit.UNKNOWN.number());

    assertThat(err.toString()).contains("everything as it was and " + optionsOf(requests.get(0)));
    assertThat(requests).extracting(AllocateRequest::getAttempt).startsWith(1, 2);
    assertThat(requests).extracting(this::optionsOf).containsOnly(optionsOf(requests.get(0)));
  }

  @Test
  void nothingHappened_asksForNoRepeat() {
    failure = GrpcErrors.noLeader().exception();

    assertThat(allocate()).isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(err.toString()).doesNotContain("may have happened");
  }

  // A first attempt may be refused without asking the log, which alone knows the first one's grant.
  @Test
  void repeated_isTheSameRequestAndNeverAFirstAttempt() {
    failure = Status.INVALID_ARGUMENT.asRuntimeException();

    allocate("--request-id", "r-1", "--issued-at", "2030-01-31T00:00:00.123456Z");

    assertThat(requests).hasSize(1);
    assertThat(requests.get(0).getAttempt()).isEqualTo(2);
    assertThat(optionsOf(requests.get(0)))
        .isEqualTo("--request-id r-1 --issued-at 2030-01-31T00:00:00.123456Z");
  }
}
