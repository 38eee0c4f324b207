package dev.tallygate.server.licensing;

import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;

/** An id, token or revision that another cluster gave out. */
final class ForeignId extends Exception {
  private static final long serialVersionUID = 1;

  private final String field;

  ForeignId(String field) {
    super(field, null, false, false);
    this.field = field;
  }

  GrpcError error() {
    return GrpcErrors.wrongCluster(field);
  }
}
