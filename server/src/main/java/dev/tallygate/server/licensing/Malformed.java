package dev.tallygate.server.licensing;

import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;

/** A request that breaks the contract: which field, and the bound that it breaks. */
final class Malformed extends Exception {
  private static final long serialVersionUID = 1;

  private final String field;
  private final String problem;

  Malformed(String field, String problem) {
    // No stack trace: hostile callers make many, and the field says where.
    super(field + ": " + problem, null, false, false);
    this.field = field;
    this.problem = problem;
  }

  String field() {
    return field;
  }

  GrpcError error() {
    return GrpcErrors.invalid(field, problem);
  }
}
