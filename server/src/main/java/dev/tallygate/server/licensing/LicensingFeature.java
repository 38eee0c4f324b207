package dev.tallygate.server.licensing;

import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.WatchEvent;
import dev.tallygate.proto.v1.WatchRequest;
import dev.tallygate.raft.Proposal;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.call.LoggedCalls;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import dev.tallygate.server.grpc.Places;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code tallygate.v1.LicensingService} on both listeners, and the summaries of what this node
 * refused. Revoke, SetLimit, ListLeases and what is done with seats and labels are answered on the
 * admin listener alone.
 */
public final class LicensingFeature implements NodeFeature {
  private static final Logger LOG = LoggerFactory.getLogger(LicensingFeature.class);

  /** Open watches of a listener, and of one connection. */
  static final int WATCHES_MAX = 64;

  static final int ADMIN_WATCHES_MAX = 16;
  static final int WATCHES_EACH_MAX = 8;

  /** A method and who answers it on either listener: callers of one take nothing from the other. */
  private record Served<Q, A>(
      MethodDescriptor<Q, A> method, ServerCallHandler<Q, A> data, ServerCallHandler<Q, A> admin) {
    static <Q, A> Served<Q, A> of(
        MethodDescriptor<Q, A> method, ServerCallHandler<Q, A> handler, boolean adminOnly) {
      return new Served<>(method, adminOnly ? LicensingFeature::adminOnly : handler, handler);
    }

    void addTo(ServerServiceDefinition.Builder service, boolean toAdmin) {
      service.addMethod(method, toAdmin ? admin : data);
    }
  }

  private final NodeContext node;
  private final LoggedCalls calls;
  private final Parts parts;
  private final PoolReads pools;
  private final PoolPages poolPages;
  private final LeasePages leasePages;
  private final ListCalls dataLists;
  private final ListCalls adminLists;
  private final LabelReads labelReads;
  private final KeepAlives keepAlives;
  private final List<Served<?, ?>> methods = new ArrayList<>();
  private final ServiceDescriptor service;

  /**
   * @param watch answers Watch
   */
  public LicensingFeature(
      LoggedCalls calls, ServerCalls.ServerStreamingMethod<WatchRequest, WatchEvent> watch) {
    this.calls = calls;
    node = calls.node();
    ClusterIds ids = new ClusterIds(node.clusterId());
    parts =
        new Parts(
            new Catalogs(node.view()),
            ids,
            new Desks(node.view(), ids),
            new RefusalTally(node.limits().refusedHoldersMax()));
    pools = new PoolReads(parts);
    poolPages = new PoolPages(parts);
    leasePages = new LeasePages(parts, node.view());
    dataLists = new ListCalls(node);
    adminLists = new ListCalls(node);
    labelReads = new LabelReads(parts, node.view());
    add(Method.ALLOCATE, LicensingServiceGrpc.getAllocateMethod(), false, AllocateCall::new);
    MethodDescriptor<byte[], byte[]> batch =
        ByteMethods.of(LicensingServiceGrpc.getAllocateBatchMethod());
    methods.add(
        Served.of(
            batch,
            new BatchGate(calls.add(Method.ALLOCATE_BATCH.number(), batch, AllocateBatchCall::new)),
            false));
    keepAlives =
        new KeepAlives(node, calls.addStream(Method.KEEP_ALIVE.number(), KeepAliveCall::new));
    methods.add(
        new Served<>(
            ByteMethods.of(LicensingServiceGrpc.getKeepAliveMethod()),
            KeepAlives.places().holding(keepAlives),
            KeepAlives.places().holding(keepAlives)));
    addLease(Method.RENEW, LicensingServiceGrpc.getRenewMethod());
    addLease(Method.RELEASE, LicensingServiceGrpc.getReleaseMethod());
    addLease(Method.COMMIT, LicensingServiceGrpc.getCommitMethod());
    addLease(Method.CANCEL, LicensingServiceGrpc.getCancelMethod());
    add(Method.REVOKE, LicensingServiceGrpc.getRevokeMethod(), true, RevokeCall::new);
    add(Method.SET_LIMIT, LicensingServiceGrpc.getSetLimitMethod(), true, SetLimitCall::new);
    methods.add(
        Served.of(
            LicensingServiceGrpc.getGetPoolMethod(),
            ServerCalls.asyncUnaryCall(this::getPool),
            false));
    addList(LicensingServiceGrpc.getListPoolsMethod(), false, poolPages::read);
    addList(LicensingServiceGrpc.getListLeasesMethod(), true, leasePages::read);
    add(Method.ASSIGN_SEAT, LicensingServiceGrpc.getAssignSeatMethod(), true, AssignSeatCall::new);
    add(
        Method.UNASSIGN_SEAT,
        LicensingServiceGrpc.getUnassignSeatMethod(),
        true,
        UnassignSeatCall::new);
    add(
        Method.RELEASE_BY_LABEL,
        LicensingServiceGrpc.getReleaseByLabelMethod(),
        true,
        ReleaseByLabelCall::new);
    add(Method.BLOCK_LABEL, LicensingServiceGrpc.getBlockLabelMethod(), true, BlockLabelCall::new);
    addList(LicensingServiceGrpc.getListLabelBlocksMethod(), true, labelReads::read);
    ServerCallHandler<WatchRequest, WatchEvent> watches =
        ServerCalls.asyncServerStreamingCall(watch);
    methods.add(
        new Served<>(
            LicensingServiceGrpc.getWatchMethod(),
            watchPlaces(WATCHES_MAX).holding(watches),
            watchPlaces(ADMIN_WATCHES_MAX).holding(watches)));
    service = describe();
  }

  private void addLease(Method method, MethodDescriptor<?, ?> generated) {
    add(method, generated, false, (start, shared) -> new LeaseCall(start, method, shared));
  }

  private void add(
      Method method,
      MethodDescriptor<?, ?> generated,
      boolean adminOnly,
      BiFunction<LoggedCall.Start, Parts, LoggedCall> factory) {
    MethodDescriptor<byte[], byte[]> bytes = ByteMethods.of(generated);
    ServerCallHandler<byte[], byte[]> handler =
        calls.add(method.number(), bytes, start -> factory.apply(start, parts));
    methods.add(Served.of(bytes, handler, adminOnly));
  }

  private static Places watchPlaces(int most) {
    return new Places("open watches", most, WATCHES_EACH_MAX);
  }

  private interface Page<Q, A> {
    A read(Q request) throws BadCall;
  }

  private <Q, A> void addList(MethodDescriptor<Q, A> method, boolean adminOnly, Page<Q, A> page) {
    methods.add(
        new Served<>(
            method,
            adminOnly ? LicensingFeature::adminOnly : list(dataLists, page),
            list(adminLists, page)));
  }

  private static <Q, A> ServerCallHandler<Q, A> list(ListCalls lists, Page<Q, A> page) {
    return ServerCalls.asyncUnaryCall(
        (request, reply) -> lists.answer(reply, () -> page.read(request)));
  }

  private ServiceDescriptor describe() {
    ServiceDescriptor generated = LicensingServiceGrpc.getServiceDescriptor();
    ServiceDescriptor.Builder builder =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor());
    for (Served<?, ?> method : methods) builder.addMethod(method.method());
    return builder.build();
  }

  @Override
  public List<ServerServiceDefinition> dataServices() {
    return List.of(definition(false));
  }

  @Override
  public List<ServerServiceDefinition> adminServices() {
    return List.of(definition(true));
  }

  private ServerServiceDefinition definition(boolean admin) {
    ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(service);
    for (Served<?, ?> method : methods) method.addTo(builder, admin);
    return builder.build();
  }

  private static <Q, A> ServerCall.Listener<Q> adminOnly(ServerCall<Q, A> call, Metadata headers) {
    GrpcError error = GrpcErrors.adminOnly(call.getMethodDescriptor().getFullMethodName());
    call.close(error.status(), error.trailers());
    return new ServerCall.Listener<>() {};
  }

  private void getPool(GetPoolRequest request, StreamObserver<GetPoolResponse> reply) {
    GetPoolResponse response;
    try {
      response = pools.read(request);
    } catch (StatusRuntimeException e) {
      reply.onError(e);
      return;
    } catch (CorruptStateException e) {
      node.halt().halt("the served state is damaged: " + e.getMessage(), e);
      return;
    }
    reply.onNext(response);
    reply.onCompleted();
  }

  ListCalls dataLists() {
    return dataLists;
  }

  KeepAlives keepAlives() {
    return keepAlives;
  }

  /**
   * Ends idle streams, and proposes the second's summaries of refusals; a node that does not lead
   * has none to tell.
   */
  @Override
  public void everySecond() {
    keepAlives.endIdle(System.nanoTime());
    if (!node.consensus().isLeaderReady()) {
      parts.tally().clear();
      return;
    }
    for (Command summary : parts.tally().take())
      node.consensus().propose(new Told(summary.toByteArray()));
  }

  @Override
  public void drain() {
    dataLists.drain();
    adminLists.drain();
    keepAlives.drain();
  }

  /** A summary on its way. One that fails is lost, with a leader or for want of room. */
  private record Told(byte[] command) implements Proposal {
    @Override
    public void applied(Object result) {}

    @Override
    public void failed(ProposalFailure failure) {
      LOG.warn("refusals of one second are missing in the ledger: {}", failure);
    }
  }
}
