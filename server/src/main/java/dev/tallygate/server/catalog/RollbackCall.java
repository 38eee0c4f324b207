package dev.tallygate.server.catalog;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.v1.RollbackCatalogRequest;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.licensing.ClusterIds;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Rollback: a set as it was at an earlier version, applied as a new one. */
final class RollbackCall extends SetCall {
  RollbackCall(Start start, ClusterIds ids, String defaultTenant) {
    super(start, ids, defaultTenant);
  }

  @Override
  Asked ask() throws BadCall {
    RollbackCatalogRequest request = read();
    if (!request.getSet().isEmpty()) {
      var unused = Sets.named(request.getSet());
    }
    return new Asked(request.getTenant(), request.getExpectVersion());
  }

  private RollbackCatalogRequest read() throws BadCatalog {
    try {
      return RollbackCatalogRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new BadCatalog("request", "is not a RollbackCatalogRequest: " + e.getMessage());
    }
  }

  @Override
  @Nullable Content content(TenantView tenant) throws BadCall {
    RollbackCatalogRequest request = read();
    if (maybeProposed() && request.getSet().isEmpty()) {
      // Which set it was then cannot be told from what has changed by now.
      fail(GrpcErrors.unknown(hint()));
      return null;
    }
    Versions versions = new Versions(node().view(), tenant);
    GrpcError missing = versions.missing("version", request.getVersion());
    if (missing != null) {
      fail(missing);
      return null;
    }
    Map<String, Entitlement> then = versions.at(request.getVersion());
    String set =
        request.getSet().isEmpty() ? onlyChanged(Sets.standing(tenant), then) : request.getSet();
    return new Content(set, Sets.in(then, set));
  }

  private static String onlyChanged(Map<String, Entitlement> now, Map<String, Entitlement> then)
      throws BadCatalog {
    TreeSet<String> sets = Sets.names(now.values());
    sets.addAll(Sets.names(then.values()));
    TreeSet<String> changed = new TreeSet<>(sets);
    changed.removeIf(set -> Sets.in(now, set).equals(Sets.in(then, set)));
    if (changed.size() > 1)
      throw new BadCatalog(
          "set",
          "is needed: the sets `"
              + String.join("`, `", changed)
              + "` have changed since; name one");
    if (!changed.isEmpty()) return changed.first();
    return sets.isEmpty() ? Sets.DEFAULT : sets.first();
  }

  @Override
  BadCatalog conflict(Map<String, String> problems) {
    return new BadCatalog("version", String.join("\n", problems.values()));
  }
}
