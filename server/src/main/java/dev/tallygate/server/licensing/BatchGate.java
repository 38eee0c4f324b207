package dev.tallygate.server.licensing;

import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.InFlight;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;

/** Counts the items of a batch among the calls in flight, before any work. */
final class BatchGate implements ServerCallHandler<byte[], byte[]> {
  private final ServerCallHandler<byte[], byte[]> next;

  BatchGate(ServerCallHandler<byte[], byte[]> next) {
    this.next = next;
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    InFlight inFlight = InFlight.KEY.get();
    ServerCall.Listener<byte[]> listener = next.startCall(call, headers);
    if (inFlight == null) return listener;
    return new ForwardingServerCallListener.SimpleForwardingServerCallListener<>(listener) {
      private boolean refused;

      @Override
      public void onMessage(byte[] message) {
        if (refused) return;
        GrpcError error = inFlight.add(items(message));
        if (error == null) {
          super.onMessage(message);
          return;
        }
        refused = true;
        call.close(error.status(), error.trailers());
      }

      @Override
      public void onHalfClose() {
        if (!refused) super.onHalfClose();
      }
    };
  }

  /** What the batch adds to itself; a malformed one is refused later, by name. */
  private static int items(byte[] message) {
    try {
      return BatchWire.split(message, "requests").size() - 1;
    } catch (Malformed e) {
      return 0;
    }
  }
}
