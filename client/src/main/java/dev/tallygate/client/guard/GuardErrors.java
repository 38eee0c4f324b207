package dev.tallygate.client.guard;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tallygate.client.Allocation;
import dev.tallygate.client.Refusal;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import org.jspecify.annotations.Nullable;

/** How a guarded call that may not go on is closed. */
record GuardErrors(Status status, Metadata trailers) {
  private static final String DOMAIN = "tallygate.dev";

  /** RESOURCE_EXHAUSTED with the reason and, of a refusal, the pool's numbers. */
  static GuardErrors refused(Allocation.NotHeld why) {
    ErrorInfo.Builder info = ErrorInfo.newBuilder().setReason(why.why()).setDomain(DOMAIN);
    java.time.@Nullable Duration retryAfter = null;
    if (why instanceof Refusal refusal) {
      info.putMetadata("entitlement", refusal.entitlement());
      if (!refusal.partition().isEmpty()) info.putMetadata("partition", refusal.partition());
      info.putMetadata("limit", Long.toString(refusal.limit()));
      info.putMetadata("taken", Long.toString(refusal.taken()));
      retryAfter = refusal.retryAfter();
    }
    return of(Status.Code.RESOURCE_EXHAUSTED, why.toString(), info, retryAfter);
  }

  /** UNAVAILABLE: the cluster gives no answer, or none any more. */
  static GuardErrors unconfirmed(String why) {
    ErrorInfo.Builder info = ErrorInfo.newBuilder().setReason("UNCONFIRMED").setDomain(DOMAIN);
    return of(Status.Code.UNAVAILABLE, why, info, null);
  }

  private static GuardErrors of(
      Status.Code code,
      String message,
      ErrorInfo.Builder info,
      java.time.@Nullable Duration retryAfter) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(code.value())
            .setMessage(message)
            .addDetails(Any.pack(info.build()));
    if (retryAfter != null) {
      Duration delay =
          Duration.newBuilder()
              .setSeconds(retryAfter.getSeconds())
              .setNanos(retryAfter.getNano())
              .build();
      status.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
    }
    Metadata trailers = StatusProto.toStatusException(status.build()).getTrailers();
    return new GuardErrors(
        Status.fromCode(code).withDescription(message),
        trailers == null ? new Metadata() : trailers);
  }
}
