package dev.tallygate.server.catalog;

import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetCatalogResponse;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.ByteMethods;
import dev.tallygate.server.call.LoggedCalls;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import dev.tallygate.server.licensing.ClusterIds;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** {@code tallygate.v1.CatalogService}, on the admin listener. */
public final class CatalogFeature implements NodeFeature {
  /** Number of Apply among the calls that nodes pass on. */
  private static final int APPLY = 8;

  private final NodeContext node;
  private final ClusterIds ids;
  private final MethodDescriptor<byte[], byte[]> applyMethod;
  private final ServerCallHandler<byte[], byte[]> apply;

  public CatalogFeature(LoggedCalls calls) {
    node = calls.node();
    ids = new ClusterIds(node.clusterId());
    applyMethod = ByteMethods.of(CatalogServiceGrpc.getApplyMethod());
    apply =
        calls.add(
            APPLY, applyMethod, start -> new ApplyCall(start, ids, NodeContext.DEFAULT_TENANT));
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
            .addMethod(CatalogServiceGrpc.getGetMethod())
            .build();
    return List.of(
        ServerServiceDefinition.builder(service)
            .addMethod(applyMethod, apply)
            .addMethod(CatalogServiceGrpc.getGetMethod(), ServerCalls.asyncUnaryCall(this::get))
            .build());
  }

  private void get(GetCatalogRequest request, StreamObserver<GetCatalogResponse> reply) {
    String name = request.getTenant().isEmpty() ? NodeContext.DEFAULT_TENANT : request.getTenant();
    TenantView tenant = node.view().tenant(name);
    if (tenant == null) {
      reply.onError(GrpcErrors.notFound("tenant", name).exception());
      return;
    }
    // Read before the entitlements: a lower bound.
    long position = tenant.position();
    reply.onNext(
        GetCatalogResponse.newBuilder()
            .setVersion(tenant.catalogVersion())
            .setYaml(CatalogText.write(ApplyCall.standing(tenant)))
            .setRevision(ids.format(position))
            .build());
    reply.onCompleted();
  }
}
