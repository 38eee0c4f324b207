package dev.tallygate.server.tenant;

import dev.tallygate.proto.v1.GetTenantRequest;
import dev.tallygate.proto.v1.GetTenantResponse;
import dev.tallygate.proto.v1.TenantServiceGrpc;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.call.LoggedCalls;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import dev.tallygate.server.licensing.ClusterIds;
import dev.tallygate.server.licensing.ListCalls;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** {@code tallygate.v1.TenantService}, on the admin listener. */
public final class TenantFeature implements NodeFeature {
  // Numbers among the calls that nodes pass on.
  private static final int CREATE = 50;
  private static final int SUSPEND = 51;
  private static final int RESUME = 52;
  private static final int DELETE = 53;

  private final LoggedCalls calls;
  private final NodeContext node;
  private final ClusterIds ids;
  private final ListCalls lists;
  private final TenantPages pages;
  private final List<MethodDescriptor<?, ?>> methods = new ArrayList<>();
  private final List<Consumer<ServerServiceDefinition.Builder>> handlers = new ArrayList<>();

  public TenantFeature(LoggedCalls calls) {
    this.calls = calls;
    node = calls.node();
    ids = new ClusterIds(node.clusterId());
    lists = new ListCalls(node);
    pages = new TenantPages(node.view(), ids);
    add(CREATE, TenantServiceGrpc.getCreateMethod(), start -> new CreateCall(start, ids));
    add(SUSPEND, TenantServiceGrpc.getSuspendMethod(), start -> new SuspendCall(start, ids, false));
    add(RESUME, TenantServiceGrpc.getResumeMethod(), start -> new SuspendCall(start, ids, true));
    add(DELETE, TenantServiceGrpc.getDeleteMethod(), start -> new DeleteCall(start, ids));
    addRead(
        TenantServiceGrpc.getGetMethod(),
        (request, reply) -> lists.answer(reply, () -> get(request)));
    addRead(
        TenantServiceGrpc.getListMethod(),
        (request, reply) -> lists.answer(reply, () -> pages.read(request)));
  }

  private void add(
      int number,
      MethodDescriptor<?, ?> generated,
      Function<LoggedCall.Start, LoggedCall> factory) {
    MethodDescriptor<byte[], byte[]> method = ByteMethods.of(generated);
    var handler = calls.add(number, method, factory::apply);
    methods.add(method);
    handlers.add(service -> service.addMethod(method, handler));
  }

  private <Q, A> void addRead(MethodDescriptor<Q, A> method, ServerCalls.UnaryMethod<Q, A> read) {
    methods.add(method);
    handlers.add(service -> service.addMethod(method, ServerCalls.asyncUnaryCall(read)));
  }

  private GetTenantResponse get(GetTenantRequest request) throws BadCall {
    BadTenant.name(request.getTenant());
    String name = TenantMessages.nameOf(request.getTenant());
    TenantView tenant = TenantMessages.find(node.view(), name);
    if (tenant == null) throw GrpcErrors.notFound("tenant", name).exception();
    return GetTenantResponse.newBuilder()
        .setRevision(ids.format(tenant.position()))
        .setTenant(TenantMessages.of(tenant))
        .build();
  }

  @Override
  public List<ServerServiceDefinition> dataServices() {
    return List.of();
  }

  @Override
  public List<ServerServiceDefinition> adminServices() {
    ServiceDescriptor generated = TenantServiceGrpc.getServiceDescriptor();
    ServiceDescriptor.Builder service =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor());
    for (MethodDescriptor<?, ?> method : methods) service.addMethod(method);
    ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service.build());
    for (var handler : handlers) handler.accept(definition);
    return List.of(definition.build());
  }

  @Override
  public void drain() {
    lists.drain();
  }
}
