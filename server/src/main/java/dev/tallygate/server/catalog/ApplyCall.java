package dev.tallygate.server.catalog;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.licensing.ClusterIds;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Apply: a set as a YAML text says it. */
final class ApplyCall extends SetCall {
  private CatalogText.Reading reading = CatalogText.read(List.of());
  private String set = "";

  ApplyCall(Start start, ClusterIds ids, String defaultTenant) {
    super(start, ids, defaultTenant);
  }

  @Override
  Asked ask() throws BadCall {
    ApplyCatalogRequest request = request(request());
    set = Sets.named(request.getSet());
    reading = CatalogText.read(request.getYaml());
    refuse(reading.problems());
    return new Asked(request.getTenant(), request.getExpectVersion());
  }

  private static ApplyCatalogRequest request(byte[] bytes) throws BadCatalog {
    try {
      return ApplyCatalogRequest.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new BadCatalog("request", "is not an ApplyCatalogRequest: " + e.getMessage());
    }
  }

  @Override
  Content content(TenantView tenant) {
    return new Content(set, reading.entitlements());
  }

  @Override
  BadCatalog conflict(Map<String, String> problems) {
    return bad(reading.beside(problems));
  }

  /** Refuses a text that is faulty, with every fault named. */
  static void refuse(List<Problem> problems) throws BadCatalog {
    if (!problems.isEmpty()) throw bad(problems);
  }

  private static BadCatalog bad(List<Problem> problems) {
    return new BadCatalog(
        "yaml", problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
  }
}
