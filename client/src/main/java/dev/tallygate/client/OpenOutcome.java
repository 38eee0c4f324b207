package dev.tallygate.client;

import io.grpc.Status;
import java.io.IOException;

/**
 * Which ends of a call leave open what became of it. The same request, with the same request_id and
 * issued_at or the same token, is then sent again, to any node, with {@code attempt} one higher: it
 * is answered with what became of the first. A new id would be a new request.
 */
public final class OpenOutcome {
  private OpenOutcome() {}

  /**
   * Whether a call that ended so is to be sent again.
   *
   * <p>Besides the four codes that the service answers with, true of what grpc-java itself says
   * where a connection breaks under a call: UNKNOWN, with the input or output error as its cause. A
   * status that came from a server never has a cause.
   */
  public static boolean of(Status status) {
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED -> true;
      default -> status.getCause() instanceof IOException;
    };
  }
}
