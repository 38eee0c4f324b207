package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeLimits;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Bounds the calls that are not answered yet, and the bytes of their requests. Any thread. */
final class Admission {
  private final NodeLimits limits;
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  Admission(NodeLimits limits) {
    this.limits = limits;
  }

  /** Null where the call may go on; it then owes {@link #leave}. */
  @Nullable GrpcError enter(int requestBytes) {
    if (calls.incrementAndGet() > limits.callsInFlightMax()) {
      calls.decrementAndGet();
      return GrpcErrors.overloaded("limits.calls-in-flight", limits.callsInFlightMax());
    }
    if (bytes.addAndGet(requestBytes) > limits.bytesInFlightMax()) {
      leave(requestBytes);
      return GrpcErrors.overloaded("limits.bytes-in-flight", limits.bytesInFlightMax());
    }
    return null;
  }

  void leave(int requestBytes) {
    calls.decrementAndGet();
    bytes.addAndGet(-requestBytes);
  }

  long calls() {
    return calls.get();
  }
}
