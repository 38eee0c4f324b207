package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.CallError;
import dev.tallygate.server.grpc.GrpcError;

/** Errors of one call among many, as messages. */
final class CallErrors {
  private CallErrors() {}

  static CallError of(GrpcError error) {
    CallError.Builder message =
        CallError.newBuilder()
            .setCode(error.code().value())
            .setReason(error.reason())
            .setMessage(error.message());
    long pauseMs = error.pauseMs();
    if (pauseMs >= 0) message.setRetryAfter(Times.duration(pauseMs * 1_000));
    return message.build();
  }
}
