package dev.tallygate.server;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.tallygate.proto.v1.AllocateBatchRequest;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.KeepAliveRequest;
import dev.tallygate.proto.v1.KeepAliveResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.proto.v1.Role;
import dev.tallygate.proto.v1.SnapshotRequest;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import dev.tallygate.proto.v1.TransferLeadershipRequest;
import dev.tallygate.raft.StorageRefusal;
import dev.tallygate.server.config.ConfigReader;
import dev.tallygate.server.config.NodeConfig;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One whole node in this process: real log, real tables, real sockets. */
class PdpServerTest {
  private static final long WAIT_MS = 30_000;

  @TempDir Path dir;
  private int[] ports;
  private PdpServer server;
  private ManagedChannel data;
  private ManagedChannel admin;

  @BeforeEach
  void start() throws Exception {
    ports = freePorts();
    data = channel(ports[0]);
    admin = channel(ports[1]);
    server = open(true);
    eventually("serving", WAIT_MS, server::isServing);
  }

  @AfterEach
  void stop() {
    data.shutdownNow();
    admin.shutdownNow();
    server.stop();
  }

  private PdpServer open(boolean newMember) throws Exception {
    return open(newMember, "");
  }

  /**
   * @param limits further keys of {@code limits}, each behind a comma
   */
  private PdpServer open(boolean newMember, String limits) throws Exception {
    String yaml =
        TestConfig.yaml(dir, ports[0], ports[1], ports[2], ports[3])
            .replace("limits: {", "limits: {" + limits);
    NodeConfig config = ConfigReader.parse("test", yaml, newMember);
    return PdpServer.start(
        config,
        (why, cause) -> {
          throw new AssertionError(why, cause);
        });
  }

  private static int[] freePorts() throws IOException {
    // Below the ports of outgoing connections, which could take one before the node listens.
    List<ServerSocket> sockets = new ArrayList<>();
    int[] found = new int[4];
    SplittableRandom random = new SplittableRandom();
    for (int i = 0; i < found.length; ) {
      try {
        int port = random.nextInt(20_000, 32_000);
        sockets.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        found[i++] = port;
      } catch (BindException taken) {
        continue;
      }
    }
    for (ServerSocket socket : sockets) socket.close();
    return found;
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  private StatusResponse status() {
    return ClusterServiceGrpc.newBlockingStub(admin).status(StatusRequest.getDefaultInstance());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports[3] + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void node_started_leadsServesAndVotes() throws Exception {
    StatusResponse status = status();
    assertThat(status.getNodeId()).isEqualTo("n1");
    assertThat(status.getRole()).isEqualTo(Role.ROLE_LEADER);
    assertThat(status.getLeaderId()).isEqualTo("n1");
    assertThat(status.getFsync()).isTrue();
    assertThat(status.getFsyncCount()).isPositive();
    assertThat(status.getStalenessMs()).isBetween(0L, 5_000L);
    assertThat(status.getTablesList())
        .anySatisfy(table -> assertThat(table.getRowsMax()).isEqualTo(10_000));
    eventually("the digest is agreed", WAIT_MS, () -> status().getAgreedIndex() > 0);

    assertThat(
            HealthGrpc.newBlockingStub(data)
                .check(
                    HealthCheckRequest.newBuilder()
                        .setService(LicensingServiceGrpc.SERVICE_NAME)
                        .build())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void clocks_idleCluster_moveByTicks() throws Exception {
    long before = status().getElapsedUs();

    eventually("elapsed grows", WAIT_MS, () -> status().getElapsedUs() > before + 200_000);
    assertThat(status().getCivilUs()).isPositive();
  }

  @Test
  void http_metricsAndHealth_areShown() throws Exception {
    assertThat(get("/healthz").body()).isEqualTo("serving\n");
    assertThat(get("/other").statusCode()).isEqualTo(404);
    eventually(
        "a call shows in the metrics",
        WAIT_MS,
        () -> {
          status();
          return get("/metrics").body().contains("tallygate_call_duration_seconds_count");
        });
    assertThat(get("/metrics").body())
        .contains("tallygate_table_rows_max{table=\"leases\"} 10000")
        .contains("tallygate_raft_leader 1")
        .contains("tallygate_staleness_seconds")
        .contains("tallygate_log_fsyncs_total")
        .contains("tallygate_apply_duration_seconds_bucket")
        .contains("tallygate_batch_commands_bucket");
  }

  @Test
  void adminCall_onTheDataListener_permissionDenied() {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                LicensingServiceGrpc.newBlockingStub(data)
                    .revoke(RevokeRequest.newBuilder().setReason("x").build()));

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThatThrownBy(
            () ->
                ClusterServiceGrpc.newBlockingStub(data).status(StatusRequest.getDefaultInstance()))
        .hasMessageContaining("UNIMPLEMENTED");
  }

  @Test
  void message_aboveItsBound_refusedAndTheNodeStaysUp() {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                LicensingServiceGrpc.newBlockingStub(data)
                    .allocate(AllocateRequest.newBuilder().setSession("x".repeat(5_000)).build()));

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status().getRole()).isEqualTo(Role.ROLE_LEADER);
  }

  // A thousandth of the message is what counts against the bytes in flight.
  @Test
  void compressedRequest_isRefusedUnread() {
    AllocateRequest request = AllocateRequest.newBuilder().setSession("x".repeat(3_000)).build();

    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                LicensingServiceGrpc.newBlockingStub(data)
                    .withCompression("gzip")
                    .allocate(request));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(refused).hasMessageContaining("gzip");

    StatusRuntimeException read =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> LicensingServiceGrpc.newBlockingStub(data).allocate(request));
    assertThat(read.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThatThrownBy(
            () ->
                ClusterServiceGrpc.newBlockingStub(admin)
                    .withCompression("gzip")
                    .status(StatusRequest.getDefaultInstance()))
        .hasMessageContaining("UNIMPLEMENTED");
  }

  @Test
  void metadata_aboveItsBound_refusedAndTheNodeStaysUp() {
    Metadata large = new Metadata();
    large.put(Metadata.Key.of("x-large", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(5_000));

    assertThatThrownBy(
            () ->
                ClusterServiceGrpc.newBlockingStub(admin)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(large))
                    .status(StatusRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(status().getRole()).isEqualTo(Role.ROLE_LEADER);
  }

  @Test
  void calls_openedAndNeverSent_areEndedAndLeaveTheirPlaces() throws Exception {
    server.stop();
    server = open(false, "call-timeout-ms: 1000, calls-in-flight-max: 8, ");
    eventually("serving", WAIT_MS, server::isServing);
    List<CompletableFuture<Status>> ends = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      CompletableFuture<Status> end = new CompletableFuture<>();
      ends.add(end);
      ClientCall<AllocateRequest, ?> call =
          data.newCall(LicensingServiceGrpc.getAllocateMethod(), CallOptions.DEFAULT);
      call.start(ending(end), new Metadata());
      // One in two sends a message, and none says that it was the last.
      if (i % 2 == 0) call.sendMessage(AllocateRequest.getDefaultInstance());
    }
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(data);
    HealthCheckRequest asked = HealthCheckRequest.getDefaultInstance();
    // The other listener has places of its own.
    assertThat(ClusterServiceGrpc.newBlockingStub(admin).status(StatusRequest.getDefaultInstance()))
        .isNotNull();
    for (CompletableFuture<Status> end : ends)
      assertThat(end.get(WAIT_MS, TimeUnit.MILLISECONDS).getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    eventually("a place is free", WAIT_MS, () -> answers(health, asked));
  }

  @Test
  void batch_ofMoreThanMayBeInFlight_isRefusedWholeAndLeavesItsPlaces() throws Exception {
    server.stop();
    server = open(false, "calls-in-flight-max: 8, ");
    eventually("serving", WAIT_MS, server::isServing);
    LicensingServiceGrpc.LicensingServiceBlockingStub stub =
        LicensingServiceGrpc.newBlockingStub(data)
            .withDeadlineAfter(WAIT_MS, TimeUnit.MILLISECONDS);
    AllocateBatchRequest.Builder batch = AllocateBatchRequest.newBuilder();
    for (int i = 0; i < 8; i++) batch.addRequests(AllocateRequest.getDefaultInstance());
    AllocateBatchRequest fits = batch.build();
    AllocateBatchRequest over = batch.addRequests(AllocateRequest.getDefaultInstance()).build();
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> stub.allocateBatch(over))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("RESOURCE_EXHAUSTED")
          .hasMessageContaining("limits.calls-in-flight-max `8`");
      assertThat(stub.allocateBatch(fits).getResultsList())
          .hasSize(8)
          .allSatisfy(
              result ->
                  assertThat(result.getError().getCode())
                      .isEqualTo(Status.Code.INVALID_ARGUMENT.value()));
    }
  }

  // More bytes in all than may be in flight, and longer than a call may last: what was answered is
  // not in flight any more, and a stream is never late.
  @Test
  void keepAliveStream_outlivesTheBoundsOfOneCall() throws Exception {
    server.stop();
    server =
        open(false, "call-timeout-ms: 500, calls-in-flight-max: 40, bytes-in-flight-max: 8192, ");
    eventually("serving", WAIT_MS, server::isServing);
    BlockingQueue<KeepAliveResponse> answers = new LinkedBlockingQueue<>();
    CompletableFuture<Status> end = new CompletableFuture<>();
    StreamObserver<KeepAliveRequest> stream =
        LicensingServiceGrpc.newStub(data)
            .keepAlive(
                new StreamObserver<>() {
                  @Override
                  public void onNext(KeepAliveResponse answer) {
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    end.complete(Status.fromThrowable(failure));
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(Status.OK);
                  }
                });
    KeepAliveRequest.Builder message = KeepAliveRequest.newBuilder();
    for (int i = 0; i < 20; i++)
      message.addRenewals(
          RenewRequest.newBuilder().setLeaseId("x".repeat(64)).setToken("y".repeat(64)));
    for (int round = 1; round <= 30; round++) {
      stream.onNext(message.setNumber(round).build());
      KeepAliveResponse answer = answers.poll(WAIT_MS, TimeUnit.MILLISECONDS);
      assertThat(answer).as("round %s, ended %s", round, end.getNow(null)).isNotNull();
      assertThat(Objects.requireNonNull(answer).getNumber()).isEqualTo(round);
      assertThat(answer.getResults(19).getError().getMessage()).contains("lease_id");
    }
    assertThatThrownBy(() -> end.get(2_000, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    for (int i = 0; i < 20; i++) message.addRenewals(RenewRequest.getDefaultInstance());
    stream.onNext(message.build());
    assertThat(Objects.requireNonNull(answers.poll(WAIT_MS, TimeUnit.MILLISECONDS)).getError())
        .satisfies(
            error -> assertThat(error.getMessage()).contains("limits.calls-in-flight-max `40`"));
    stream.onCompleted();
    assertThat(end.get(WAIT_MS, TimeUnit.MILLISECONDS).isOk()).isTrue();
  }

  // Each holds nearly a whole message, and three of them more bytes than may be in flight.
  @Test
  void keepAliveMessageThatNeverBecomesWhole_isEndedAndGivesItsBytesBack() throws Exception {
    server.stop();
    server = open(false, "call-timeout-ms: 60000, bytes-in-flight-max: 8192, ");
    eventually("serving", WAIT_MS, server::isServing);
    List<RawStream> streams = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      streams.add(
          new RawStream(ports[0], LicensingServiceGrpc.getKeepAliveMethod().getFullMethodName()));
      streams.get(i).begin(4_096, 4_095);
    }
    streams.get(0).awaitEnd();
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(data);
    HealthCheckRequest asked = HealthCheckRequest.getDefaultInstance();
    eventually("calls are answered", WAIT_MS, () -> answers(health, asked));
    for (RawStream stream : streams) stream.close();
  }

  @Test
  void keepAliveMessageThatIsLate_endsItsStream() throws Exception {
    server.stop();
    server = open(false, "call-timeout-ms: 500, ");
    eventually("serving", WAIT_MS, server::isServing);
    try (RawStream stream =
        new RawStream(ports[0], LicensingServiceGrpc.getKeepAliveMethod().getFullMethodName())) {
      stream.begin(4_096, 10);
      stream.awaitEnd();
    }
  }

  // Each request is nearly as large as all that may be in flight together.
  @Test
  void healthWatches_areBoundedAndHoldNoBytes() throws Exception {
    server.stop();
    server = open(false, "bytes-in-flight-max: 4096, ");
    eventually("serving", WAIT_MS, server::isServing);
    ByteString ballast = ByteString.copyFrom(new byte[3_000]);
    HealthCheckRequest large =
        HealthCheckRequest.newBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        100, UnknownFieldSet.Field.newBuilder().addLengthDelimited(ballast).build())
                    .build())
            .build();
    List<Context.CancellableContext> open = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Context.CancellableContext context = Context.current().withCancellation();
      open.add(context);
      context.run(() -> assertThat(firstOfWatch(data, large)).isEqualTo(ServingStatus.SERVING));
    }
    assertThatThrownBy(() -> firstOfWatch(data, HealthCheckRequest.getDefaultInstance()))
        .hasMessageContaining("RESOURCE_EXHAUSTED")
        .hasMessageContaining("health watches of one connection `8`");
    ManagedChannel other = channel(ports[0]);
    try {
      assertThat(firstOfWatch(other, large)).isEqualTo(ServingStatus.SERVING);
    } finally {
      other.shutdownNow();
    }
    assertThatThrownBy(
            () ->
                firstOfWatch(
                    data, HealthCheckRequest.newBuilder().setService("a".repeat(3_000)).build()))
        .hasMessageContaining("RESOURCE_EXHAUSTED");
    open.forEach(context -> context.cancel(null));
    HealthCheckRequest unknown =
        HealthCheckRequest.newBuilder().setService("a".repeat(3_000)).build();
    eventually(
        "an unknown service is not found once there are places",
        WAIT_MS,
        () ->
            "NOT_FOUND: service: there is no `3000 characters`"
                .equals(failureOfWatch(unknown).getMessage()));
  }

  private StatusRuntimeException failureOfWatch(HealthCheckRequest request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> firstOfWatch(data, request));
  }

  private static ServingStatus firstOfWatch(ManagedChannel channel, HealthCheckRequest request) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(WAIT_MS, TimeUnit.MILLISECONDS)
        .watch(request)
        .next()
        .getStatus();
  }

  private static boolean answers(HealthGrpc.HealthBlockingStub health, HealthCheckRequest asked) {
    try {
      return health.check(asked).getStatus() == ServingStatus.SERVING;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private static <A> ClientCall.Listener<A> ending(CompletableFuture<Status> end) {
    return new ClientCall.Listener<>() {
      @Override
      public void onClose(Status status, Metadata trailers) {
        end.complete(status);
      }
    };
  }

  @Test
  void transfer_toNobody_invalidByField() {
    assertThatThrownBy(
            () ->
                ClusterServiceGrpc.newBlockingStub(admin)
                    .transferLeadership(
                        TransferLeadershipRequest.newBuilder().setToNodeId("n9").build()))
        .hasMessageContaining("INVALID_ARGUMENT: to_node_id: `n9` is not a voter");
  }

  @Test
  void snapshot_asked_isTaken() throws Exception {
    long index =
        ClusterServiceGrpc.newBlockingStub(admin)
            .snapshot(SnapshotRequest.getDefaultInstance())
            .getIndex();

    assertThat(index).isPositive();
    eventually("the snapshot shows", WAIT_MS, () -> status().getSnapshotIndex() >= index);
  }

  @Test
  void stopped_startsAgainWhereItWas() throws Exception {
    eventually("some entries", WAIT_MS, () -> status().getAppliedIndex() > 10);
    long applied = status().getAppliedIndex();

    server.stop();
    server = open(false);

    eventually("serving again", WAIT_MS, server::isServing);
    assertThat(status().getAppliedIndex()).isGreaterThan(applied);
    assertThat(status().getTerm()).isGreaterThan(1);
  }

  @Test
  void storage_emptyWithoutNewMember_refused(@TempDir Path other) throws Exception {
    server.stop();
    NodeConfig config =
        ConfigReader.parse(
            "test", TestConfig.yaml(other, ports[0], ports[1], ports[2], ports[3]), false);

    assertThatThrownBy(() -> PdpServer.start(config, (why, cause) -> {}))
        .isInstanceOf(StorageRefusal.class)
        .hasMessageContaining(other.toString());
  }

  @Test
  void port_inUse_failsAndLetsGoOfTheStorage() throws Exception {
    server.stop();
    try (ServerSocket taken = new ServerSocket(ports[0], 1, InetAddress.getByName("127.0.0.1"))) {
      assertThat(taken.isBound()).isTrue();
      assertThatThrownBy(() -> open(false)).isInstanceOf(IOException.class);
    }
    server = open(false);

    eventually("serving again", WAIT_MS, server::isServing);
  }
}
