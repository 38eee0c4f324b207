package dev.tallygate.server.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import org.jspecify.annotations.Nullable;

/**
 * One way in which a call can fail, ready for the wire: a code, a sentence, the details of {@code
 * google.rpc} and a hint at the leader. Immutable; made by {@link GrpcErrors}, which says for each
 * whether a retry is safe. Made without a stack trace: an overloaded node makes many.
 */
public final class GrpcError {

  /** Node id and data address of the leader, a blank between them. */
  public static final Metadata.Key<String> LEADER =
      Metadata.Key.of("tallygate-leader", Metadata.ASCII_STRING_MARSHALLER);

  private final com.google.rpc.Status status;
  private final @Nullable String leader;

  private GrpcError(com.google.rpc.Status status, @Nullable String leader) {
    this.status = status;
    this.leader = leader;
  }

  static GrpcError of(
      Status.Code code, String message, @Nullable String leader, Message... details) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder().setCode(code.value()).setMessage(message);
    for (Message detail : details) {
      status.addDetails(Any.pack(detail));
    }
    return new GrpcError(status.build(), leader);
  }

  /**
   * An error that another node made, as {@link #encode} wrote it.
   *
   * @param leader the hint to send with it
   * @throws InvalidProtocolBufferException if the bytes are not such an error
   */
  public static GrpcError decode(byte[] bytes, @Nullable String leader)
      throws InvalidProtocolBufferException {
    return new GrpcError(com.google.rpc.Status.parseFrom(bytes), leader);
  }

  /** For another node, which answers the caller with it; carries no hint. */
  public byte[] encode() {
    return status.toByteArray();
  }

  public Status.Code code() {
    return Status.fromCodeValue(status.getCode()).getCode();
  }

  public String message() {
    return status.getMessage();
  }

  /** The reason in its {@code ErrorInfo}; empty where it has none. */
  public String reason() {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return detail.unpack(ErrorInfo.class).getReason();
        } catch (InvalidProtocolBufferException e) {
          return "";
        }
      }
    }
    return "";
  }

  /** The pause in its {@code RetryInfo}, in milliseconds; -1 where it has none. */
  public long pauseMs() {
    for (Any detail : status.getDetailsList()) {
      if (!detail.is(RetryInfo.class)) continue;
      try {
        Duration pause = detail.unpack(RetryInfo.class).getRetryDelay();
        return pause.getSeconds() * 1_000 + pause.getNanos() / 1_000_000;
      } catch (InvalidProtocolBufferException e) {
        return -1;
      }
    }
    return -1;
  }

  /** To close a {@code ServerCall} with, together with {@link #trailers}. */
  public Status status() {
    return Status.fromCodeValue(status.getCode()).withDescription(status.getMessage());
  }

  /** A fresh set: the details in {@code grpc-status-details-bin}, and the leader where known. */
  public Metadata trailers() {
    Metadata trailers = StatusProto.toStatusException(status).getTrailers();
    if (leader != null) trailers.put(LEADER, leader);
    return trailers;
  }

  /** For {@code StreamObserver.onError}. */
  public StatusRuntimeException exception() {
    return status().asRuntimeException(trailers());
  }

  @Override
  public String toString() {
    return code() + " " + reason() + ": " + message();
  }
}
