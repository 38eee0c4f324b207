package dev.tallygate.server.catalog;

import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;

/** A catalog request that cannot be read, with everything that is wrong with it. */
final class BadCatalog extends BadCall {
  private static final long serialVersionUID = 1;

  private final String field;
  private final String problem;

  BadCatalog(String field, String problem) {
    super(field + ": " + problem);
    this.field = field;
    this.problem = problem;
  }

  @Override
  public GrpcError error() {
    return GrpcErrors.invalid(field, problem);
  }
}
