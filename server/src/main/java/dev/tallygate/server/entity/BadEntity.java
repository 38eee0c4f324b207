package dev.tallygate.server.entity;

import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import java.nio.charset.StandardCharsets;

/** A field of a request about entities that breaks its bound. */
final class BadEntity extends BadCall {
  private static final long serialVersionUID = 1;

  private final String field;
  private final String problem;

  BadEntity(String field, String problem) {
    super(field + ": " + problem);
    this.field = field;
    this.problem = problem;
  }

  @Override
  public GrpcError error() {
    return GrpcErrors.invalid(field, problem);
  }

  static void bytes(String field, String text, int min, int max) throws BadEntity {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes >= min && bytes <= max) return;
    if (bytes == 0) throw new BadEntity(field, "is required");
    throw new BadEntity(
        field,
        "has " + bytes + " bytes, allowed are " + (min == 0 ? "at most " : min + " to ") + max);
  }
}
