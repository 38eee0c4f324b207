package dev.tallygate.server.catalog;

import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.LoggedCalls;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import dev.tallygate.server.licensing.ClusterIds;
import dev.tallygate.server.licensing.ListCalls;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import java.util.List;

/**
 * {@code tallygate.v1.CatalogService}, on the admin listener. What changes the catalog goes through
 * the log; a text has up to a megabyte, so it is read on a thread of its own.
 */
public final class CatalogFeature implements NodeFeature {
  /** Numbers among the calls that nodes pass on. */
  private static final int APPLY = 41;

  private static final int ROLLBACK = 40;

  private final ListCalls lists;
  private final CatalogReads reads;
  private final MethodDescriptor<byte[], byte[]> applyMethod;
  private final MethodDescriptor<byte[], byte[]> rollbackMethod;
  private final ServerCallHandler<byte[], byte[]> apply;
  private final ServerCallHandler<byte[], byte[]> rollback;

  public CatalogFeature(LoggedCalls calls) {
    ClusterIds ids = new ClusterIds(calls.node().clusterId());
    lists = new ListCalls(calls.node());
    reads = new CatalogReads(calls.node(), ids);
    String tenant = NodeContext.DEFAULT_TENANT;
    applyMethod = ByteMethods.of(CatalogServiceGrpc.getApplyMethod());
    apply = calls.add(APPLY, applyMethod, start -> new ApplyCall(start, ids, tenant), lists::begin);
    rollbackMethod = ByteMethods.of(CatalogServiceGrpc.getRollbackMethod());
    rollback =
        calls.add(
            ROLLBACK, rollbackMethod, start -> new RollbackCall(start, ids, tenant), lists::begin);
  }

  @Override
  public List<ServerServiceDefinition> dataServices() {
    return List.of();
  }

  @Override
  public List<ServerServiceDefinition> adminServices() {
    ServiceDescriptor generated = CatalogServiceGrpc.getServiceDescriptor();
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor())
            .addMethod(applyMethod)
            .addMethod(rollbackMethod)
            .addMethod(CatalogServiceGrpc.getHistoryMethod())
            .addMethod(CatalogServiceGrpc.getValidateMethod())
            .addMethod(CatalogServiceGrpc.getPlanMethod())
            .addMethod(CatalogServiceGrpc.getGetMethod())
            .build();
    return List.of(
        ServerServiceDefinition.builder(service)
            .addMethod(applyMethod, apply)
            .addMethod(rollbackMethod, rollback)
            .addMethod(CatalogServiceGrpc.getHistoryMethod(), read(reads::history))
            .addMethod(CatalogServiceGrpc.getValidateMethod(), read(reads::validate))
            .addMethod(CatalogServiceGrpc.getPlanMethod(), read(reads::plan))
            .addMethod(CatalogServiceGrpc.getGetMethod(), read(reads::get))
            .build());
  }

  ListCalls lists() {
    return lists;
  }

  @Override
  public void drain() {
    lists.drain();
  }

  private interface Question<Q, A> {
    A answer(Q request) throws BadCall;
  }

  private <Q, A> ServerCallHandler<Q, A> read(Question<Q, A> question) {
    return ServerCalls.asyncUnaryCall(
        (request, reply) -> lists.answer(reply, () -> question.answer(request)));
  }
}
