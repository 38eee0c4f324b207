package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A client that waits. Its place and its bytes are given back by the listener's gate. */
final class GrpcReply implements Reply {
  private final ServerCall<byte[], byte[]> call;
  private final long deadlineNs;
  private final Supplier<@Nullable String> leaderHint;

  /**
   * @param leaderHint asked when the call ends; null where this node leads
   */
  GrpcReply(
      ServerCall<byte[], byte[]> call, long deadlineNs, Supplier<@Nullable String> leaderHint) {
    this.call = call;
    this.deadlineNs = deadlineNs;
    this.leaderHint = leaderHint;
  }

  @Override
  public long deadlineNs() {
    return deadlineNs;
  }

  @Override
  public boolean abandoned() {
    return call.isCancelled();
  }

  @Override
  public void answer(byte[] message) {
    // gRPC has told the caller already.
    if (call.isCancelled()) return;
    call.sendHeaders(new Metadata());
    call.sendMessage(message);
    Metadata trailers = new Metadata();
    String hint = leaderHint.get();
    if (hint != null) trailers.put(GrpcError.LEADER, hint);
    call.close(Status.OK, trailers);
  }

  @Override
  public void fail(GrpcError error) {
    if (call.isCancelled()) return;
    Metadata trailers = error.trailers();
    String hint = trailers.containsKey(GrpcError.LEADER) ? null : leaderHint.get();
    if (hint != null) trailers.put(GrpcError.LEADER, hint);
    call.close(error.status(), trailers);
  }

  @Override
  public boolean moved(boolean maybeProposed) {
    return false;
  }
}
