package dev.tallygate.server.licensing;

import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;

/** A request that breaks the contract: which field, and the bound that it breaks. */
final class Malformed extends BadCall {
  private static final long serialVersionUID = 1;

  private final String field;
  private final String problem;

  Malformed(String field, String problem) {
    super(field + ": " + problem);
    this.field = field;
    this.problem = problem;
  }

  String field() {
    return field;
  }

  @Override
  public GrpcError error() {
    return GrpcErrors.invalid(field, problem);
  }
}
