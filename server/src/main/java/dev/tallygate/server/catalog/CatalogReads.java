package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.v1.CatalogHistoryRequest;
import dev.tallygate.proto.v1.CatalogHistoryResponse;
import dev.tallygate.proto.v1.CatalogProblem;
import dev.tallygate.proto.v1.GetCatalogRequest;
import dev.tallygate.proto.v1.GetCatalogResponse;
import dev.tallygate.proto.v1.PlanCatalogRequest;
import dev.tallygate.proto.v1.PlanCatalogResponse;
import dev.tallygate.proto.v1.ValidateCatalogRequest;
import dev.tallygate.proto.v1.ValidateCatalogResponse;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.licensing.ClusterIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Questions about a catalog, answered from this node's own state. Any thread. */
final class CatalogReads {
  private final NodeContext node;
  private final ClusterIds ids;

  CatalogReads(NodeContext node, ClusterIds ids) {
    this.node = node;
    this.ids = ids;
  }

  GetCatalogResponse get(GetCatalogRequest request) throws BadCall {
    TenantView tenant = tenant(request.getTenant());
    // Read before the entitlements: a lower bound.
    long position = tenant.position();
    String set = request.getSet().isEmpty() ? "" : Sets.named(request.getSet());
    long version = request.getVersion() == 0 ? tenant.catalogVersion() : request.getVersion();
    Map<String, Entitlement> catalog = Sets.standing(tenant);
    if (request.getVersion() != 0) {
      Versions versions = new Versions(node.view(), tenant);
      GrpcError missing = versions.missing("version", version);
      if (missing != null) throw missing.exception();
      catalog = versions.at(version);
    }
    return GetCatalogResponse.newBuilder()
        .setVersion(version)
        .setYaml(Sets.write(catalog, of -> set.isEmpty() || of.equals(set)))
        .setRevision(ids.format(position))
        .build();
  }

  CatalogHistoryResponse history(CatalogHistoryRequest request) throws BadCall {
    TenantView tenant = tenant(request.getTenant());
    CatalogHistoryResponse.Builder response =
        CatalogHistoryResponse.newBuilder().setRevision(ids.format(tenant.position()));
    new Versions(node.view(), tenant)
        .list(request.getLimit(), request.getBeforeVersion(), response);
    return response.build();
  }

  ValidateCatalogResponse validate(ValidateCatalogRequest request) throws BadCall {
    TenantView tenant = tenant(request.getTenant());
    long position = tenant.position();
    String set = Sets.named(request.getSet());
    CatalogText.Reading reading = CatalogText.read(request.getYaml());
    List<Problem> problems = new ArrayList<>(reading.problems());
    if (problems.isEmpty())
      problems.addAll(
          reading.beside(Sets.problems(Sets.standing(tenant), set, reading.entitlements())));
    ValidateCatalogResponse.Builder response =
        ValidateCatalogResponse.newBuilder()
            .setEntitlements(reading.entitlements().size())
            .setRevision(ids.format(position));
    for (Problem problem : problems)
      response.addProblems(
          CatalogProblem.newBuilder()
              .setLine(problem.line())
              .setColumn(problem.column())
              .setKey(problem.key())
              .setWhat(problem.what()));
    return response.build();
  }

  PlanCatalogResponse plan(PlanCatalogRequest request) throws BadCall {
    TenantView tenant = tenant(request.getTenant());
    long position = tenant.position();
    String set = Sets.named(request.getSet());
    CatalogText.Reading reading = CatalogText.read(request.getYaml());
    ApplyCall.refuse(reading.problems());
    Map<String, Entitlement> standing = Sets.standing(tenant);
    ApplyCall.refuse(reading.beside(Sets.problems(standing, set, reading.entitlements())));
    return new CatalogPlan(new Affected(node.view(), tenant))
        .of(Sets.in(standing, set), reading.entitlements())
        .setVersion(tenant.catalogVersion())
        .setSet(set)
        .setRevision(ids.format(position))
        .build();
  }

  private TenantView tenant(String named) throws BadCatalog {
    SetCall.checkTenant(named);
    String name = named.isEmpty() ? NodeContext.DEFAULT_TENANT : named;
    TenantView tenant = node.view().tenant(name);
    if (tenant == null) throw GrpcErrors.notFound("tenant", name).exception();
    return tenant;
  }
}
