package dev.tallygate.client.guard;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tallygate.client.Allocation;
import dev.tallygate.client.OpenOutcome;
import dev.tallygate.client.Refusal;
import dev.tallygate.client.TallygateException;
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

  /**
   * UNAVAILABLE where the cluster gave no answer in time. INTERNAL where a retry mends nothing:
   * what is wrong then is this server's business and not its caller's, who learns no more.
   */
  static GuardErrors unanswered(@Nullable Throwable failure) {
    if (failure instanceof TallygateException known && mayPass(known.code())) {
      return unconfirmed("the license cannot be checked").causedBy(failure);
    }
    Status status = Status.INTERNAL.withDescription("the license guard failed");
    return new GuardErrors(status, new Metadata()).causedBy(failure);
  }

  /** UNKNOWN is grpc-java's word for a connection that broke. */
  private static boolean mayPass(Status.Code code) {
    return code == Status.Code.UNKNOWN || OpenOutcome.of(code.toStatus());
  }

  /** The cause stays in this process: for interceptors that log what their server answers. */
  private GuardErrors causedBy(@Nullable Throwable failure) {
    return new GuardErrors(status.withCause(failure), trailers);
  }

  /** UNAVAILABLE: the cluster gives no answer any more. */
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
