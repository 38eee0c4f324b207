package dev.tallygate.server.tenant;

import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import java.nio.charset.StandardCharsets;

/** A field of a request about tenants that breaks its bound. */
final class BadTenant extends BadCall {
  private static final long serialVersionUID = 1;

  static final int NAME_BYTES_MAX = 64;
  private static final int REASON_BYTES_MAX = 256;

  private final String field;
  private final String problem;

  BadTenant(String field, String problem) {
    super(field + ": " + problem);
    this.field = field;
    this.problem = problem;
  }

  @Override
  public GrpcError error() {
    return GrpcErrors.invalid(field, problem);
  }

  /** Checks the name of a tenant that is asked for. */
  static void name(String name) throws BadTenant {
    bytes("tenant", name, 0, NAME_BYTES_MAX);
  }

  /** Checks the name of a tenant that is to be. */
  static void newName(String name) throws BadTenant {
    bytes("tenant", name, 1, NAME_BYTES_MAX);
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"))
      throw new BadTenant(
          "tenant",
          "is `"
              + name
              + "`, allowed are A-Z a-z 0-9 . _ - after a letter or digit at the beginning");
  }

  static void reason(String reason) throws BadTenant {
    bytes("reason", reason, 1, REASON_BYTES_MAX);
  }

  static void bytes(String field, String text, int min, int max) throws BadTenant {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes >= min && bytes <= max) return;
    if (bytes == 0) throw new BadTenant(field, "is required");
    throw new BadTenant(
        field,
        "has " + bytes + " bytes, allowed are " + (min == 0 ? "at most " : min + " to ") + max);
  }
}
