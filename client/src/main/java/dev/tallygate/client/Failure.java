package dev.tallygate.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import org.jspecify.annotations.Nullable;

/**
 * How one attempt failed.
 *
 * @param reason of the service's own {@code ErrorInfo}; empty where the status is not the service's
 * @param retryMs the pause that the service asks for, an hour at most; negative where it asks for
 *     none
 * @param leader the address of the leader, as the node knows it
 * @param sent whether the attempt ever left this process
 */
record Failure(Status status, String reason, long retryMs, @Nullable String leader, boolean sent) {
  static final String DOMAIN = "tallygate.dev";

  /** Node id and data address of the leader, a blank between them. */
  static final Metadata.Key<String> LEADER =
      Metadata.Key.of("tallygate-leader", Metadata.ASCII_STRING_MARSHALLER);

  private static final String UNKNOWN = "OUTCOME_UNKNOWN";

  /** Nobody waits longer than this for one word of a service. */
  private static final long RETRY_MS_MAX = 3_600_000;

  static Failure of(Status status, Metadata trailers, boolean sent) {
    com.google.rpc.Status details = StatusProto.fromStatusAndTrailers(status, trailers);
    ErrorInfo info = detail(details, ErrorInfo.class);
    RetryInfo retry = detail(details, RetryInfo.class);
    boolean ours = info != null && info.getDomain().equals(DOMAIN);
    return new Failure(
        status,
        ours && info != null ? info.getReason() : "",
        ours && retry != null ? Math.min(RETRY_MS_MAX, Protos.ms(retry.getRetryDelay())) : -1,
        leader(trailers),
        sent);
  }

  /** The address in the trailers' hint, or null. */
  static @Nullable String leader(Metadata trailers) {
    String hint = trailers.get(LEADER);
    int blank = hint == null ? -1 : hint.indexOf(' ');
    return hint == null || blank < 0 ? null : hint.substring(blank + 1);
  }

  private static <T extends Message> @Nullable T detail(
      com.google.rpc.@Nullable Status status, Class<T> type) {
    if (status == null) return null;
    for (Any detail : status.getDetailsList()) {
      if (!detail.is(type)) continue;
      try {
        return detail.unpack(type);
      } catch (InvalidProtocolBufferException broken) {
        return null;
      }
    }
    return null;
  }

  /** Whether the same request is to be sent again. */
  boolean again() {
    // Without our pause, something else than the decision point said it: a size limit of this
    // process, or a command that is too large for good.
    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED) return retryMs >= 0;
    return OpenOutcome.of(status);
  }

  /** Whether the attempt may have taken effect, now or later. */
  boolean maybeDone() {
    if (!reason.isEmpty()) return reason.equals(UNKNOWN);
    return switch (status.getCode()) {
      // What a server answers before it does anything.
      case INVALID_ARGUMENT,
          NOT_FOUND,
          PERMISSION_DENIED,
          UNAUTHENTICATED,
          UNIMPLEMENTED,
          FAILED_PRECONDITION ->
          false;
      default -> sent;
    };
  }

  String text() {
    return status.getCode()
        + (reason.isEmpty() ? "" : " " + reason)
        + ": "
        + (status.getDescription() == null ? "no further word" : status.getDescription());
  }
}
