package dev.tallygate.server.licensing;

import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;

/** An id, token or revision that another cluster gave out. */
final class ForeignId extends BadCall {
  private static final long serialVersionUID = 1;

  private final String field;

  ForeignId(String field) {
    super(field);
    this.field = field;
  }

  @Override
  public GrpcError error() {
    return GrpcErrors.wrongCluster(field);
  }
}
