package dev.tallygate.server.licensing;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.RevokeRequest;
import dev.tallygate.proto.v1.RevokeResponse;
import dev.tallygate.proto.v1.SetLimitRequest;
import dev.tallygate.proto.v1.SetLimitResponse;
import dev.tallygate.proto.v1.SettleResponse;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.LoggedCalls;
import dev.tallygate.server.call.OneLog;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.LeaderHints;
import dev.tallygate.server.grpc.NodeClock;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import dev.tallygate.server.grpc.NodeLimits;
import dev.tallygate.server.ledger.LedgerFeature;
import dev.tallygate.server.trace.Traces;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The services of one node over real gRPC, on a {@link OneLog}. Calls go out as bytes, and each
 * answer must be what protobuf would have written.
 */
public final class TestNode implements AutoCloseable {
  static final UUID CLUSTER = new UUID(7, 11);
  static final int MESSAGE_BYTES_MAX = 262_144;
  private static final long CALL_MS = 5_000;
  private static final long PATIENCE_MS = 300;

  final CallCounts counts = new CallCounts();
  public final AtomicReference<@Nullable String> halted = new AtomicReference<>();
  final ManagedChannel data;
  final ManagedChannel admin;
  final LicensingFeature feature;
  final LedgerFeature ledger;
  private final ExecutorService loop;
  private final Server dataServer;
  private final Server adminServer;

  public TestNode(OneLog log, String nodeId) throws IOException {
    this(log, nodeId, calls -> List.of());
  }

  public TestNode(OneLog log, String nodeId, Function<LoggedCalls, List<NodeFeature>> more)
      throws IOException {
    this(log, nodeId, more, log.ledger(), null);
  }

  /** A node that traces its calls. */
  public TestNode(OneLog log, String nodeId, Traces traces) throws IOException {
    this(log, nodeId, calls -> List.of(), log.ledger(), traces);
  }

  TestNode(
      OneLog log, String nodeId, Function<LoggedCalls, List<NodeFeature>> more, LedgerFiles files)
      throws IOException {
    this(log, nodeId, more, files, null);
  }

  /**
   * @param files what the node holds of the ledger
   */
  private TestNode(
      OneLog log,
      String nodeId,
      Function<LoggedCalls, List<NodeFeature>> more,
      LedgerFiles files,
      @Nullable Traces traces)
      throws IOException {
    loop = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(10_000));
    NodeClock clock =
        new NodeClock() {
          @Override
          public long civilUs() {
            return log.wallUs();
          }

          @Override
          public boolean confirmed() {
            return true;
          }
        };
    var consensus = log.consensus(nodeId, loop);
    NodeContext node =
        new NodeContext(
            nodeId,
            CLUSTER,
            consensus,
            log.view(),
            (why, cause) -> halted.set(why),
            loop,
            clock,
            new LeaderHints(consensus::leaderId, Map.of("n1", "host1:1", "n2", "host2:2")),
            new NodeLimits(65_536, 1_000, 10_000, 4),
            counts,
            traces);
    LoggedCalls calls = new LoggedCalls(node);
    ledger = new LedgerFeature(node, files, PATIENCE_MS);
    feature = new LicensingFeature(calls, ledger.watch());
    NettyServerBuilder dataBuilder = server();
    NettyServerBuilder adminBuilder = server();
    feature.dataServices().forEach(dataBuilder::addService);
    feature.adminServices().forEach(adminBuilder::addService);
    for (NodeFeature other : more.apply(calls))
      for (ServerServiceDefinition service : other.adminServices())
        adminBuilder.addService(service);
    dataServer = dataBuilder.build().start();
    adminServer = adminBuilder.build().start();
    data = channel(dataServer);
    admin = channel(adminServer);
  }

  private static NettyServerBuilder server() {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .directExecutor()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX);
  }

  private static ManagedChannel channel(Server server) {
    return NettyChannelBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
        .usePlaintext()
        // Small, so that a slow reader holds its sender up after a few hundred records.
        .flowControlWindow(65_535)
        .directExecutor()
        .build();
  }

  /** One more connection to the data listener; to be closed by whoever asks. */
  ManagedChannel connect() {
    return channel(dataServer);
  }

  public ManagedChannel admin() {
    return admin;
  }

  public void everySecond() {
    feature.everySecond();
  }

  AllocateResponse allocate(AllocateRequest request) {
    return call(data, LicensingServiceGrpc.getAllocateMethod(), request, AllocateResponse.parser());
  }

  RenewResponse renew(RenewRequest request) {
    return call(data, LicensingServiceGrpc.getRenewMethod(), request, RenewResponse.parser());
  }

  ReleaseResponse release(ReleaseRequest request) {
    return call(data, LicensingServiceGrpc.getReleaseMethod(), request, ReleaseResponse.parser());
  }

  SettleResponse commit(CommitRequest request) {
    return call(data, LicensingServiceGrpc.getCommitMethod(), request, SettleResponse.parser());
  }

  SettleResponse cancel(CancelRequest request) {
    return call(data, LicensingServiceGrpc.getCancelMethod(), request, SettleResponse.parser());
  }

  RevokeResponse revoke(RevokeRequest request) {
    return call(admin, LicensingServiceGrpc.getRevokeMethod(), request, RevokeResponse.parser());
  }

  SetLimitResponse setLimit(SetLimitRequest request) {
    return call(
        admin, LicensingServiceGrpc.getSetLimitMethod(), request, SetLimitResponse.parser());
  }

  GetPoolResponse pool(String entitlement, String partition) {
    return LicensingServiceGrpc.newBlockingStub(data)
        .withDeadlineAfter(CALL_MS, TimeUnit.MILLISECONDS)
        .getPool(
            GetPoolRequest.newBuilder()
                .setEntitlement(entitlement)
                .setPartition(partition)
                .build());
  }

  <T extends Message> T call(
      ManagedChannel channel, MethodDescriptor<?, ?> method, Message request, Parser<T> parser) {
    return call(channel, method, request.toByteArray(), parser);
  }

  <T extends Message> T call(
      ManagedChannel channel, MethodDescriptor<?, ?> method, byte[] request, Parser<T> parser) {
    byte[] bytes =
        ClientCalls.blockingUnaryCall(
            channel,
            ByteMethods.of(method),
            CallOptions.DEFAULT.withDeadlineAfter(CALL_MS, TimeUnit.MILLISECONDS),
            request);
    try {
      T response = parser.parseFrom(bytes);
      if (!java.util.Arrays.equals(response.toByteArray(), bytes))
        throw new AssertionError("not the canonical encoding of " + response);
      if (!response.getUnknownFields().asMap().isEmpty())
        throw new AssertionError("unknown fields in " + response);
      return response;
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("an answer cannot be read", e);
    }
  }

  @Override
  public void close() {
    data.shutdownNow();
    admin.shutdownNow();
    dataServer.shutdownNow();
    adminServer.shutdownNow();
    loop.shutdownNow();
  }
}
