package dev.tallygate.server.entity;

import dev.tallygate.proto.v1.EntityServiceGrpc;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.LoggedCall;
import dev.tallygate.server.call.LoggedCalls;
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

/** {@code tallygate.v1.EntityService}, on the admin listener. */
public final class EntityFeature implements NodeFeature {
  // Numbers among the calls that nodes pass on.
  private static final int PUT = 54;
  private static final int REMOVE = 55;

  private final LoggedCalls calls;
  private final ListCalls lists;
  private final List<MethodDescriptor<?, ?>> methods = new ArrayList<>();
  private final List<Consumer<ServerServiceDefinition.Builder>> handlers = new ArrayList<>();

  public EntityFeature(LoggedCalls calls) {
    this.calls = calls;
    NodeContext node = calls.node();
    ClusterIds ids = new ClusterIds(node.clusterId());
    lists = new ListCalls(node);
    EntityReads reads = new EntityReads(node.view(), ids);
    add(PUT, EntityServiceGrpc.getPutMethod(), start -> new PutCall(start, ids));
    add(REMOVE, EntityServiceGrpc.getRemoveMethod(), start -> new RemoveCall(start, ids));
    addRead(
        EntityServiceGrpc.getGetMethod(),
        (request, reply) -> lists.answer(reply, () -> reads.get(request)));
    addRead(
        EntityServiceGrpc.getListMethod(),
        (request, reply) -> lists.answer(reply, () -> reads.list(request)));
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

  @Override
  public List<ServerServiceDefinition> dataServices() {
    return List.of();
  }

  @Override
  public List<ServerServiceDefinition> adminServices() {
    ServiceDescriptor generated = EntityServiceGrpc.getServiceDescriptor();
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
