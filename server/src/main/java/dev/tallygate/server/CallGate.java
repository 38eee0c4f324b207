package dev.tallygate.server;

import dev.tallygate.server.config.LimitsConfig;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counts the calls in flight of all listeners and refuses above the bounds, before any work. A call
 * counts from its headers to its end, whoever ends it: the tracer sees both for every call, and
 * needs no object around it.
 */
final class CallGate extends ServerStreamTracer.Factory implements ServerInterceptor {
  private final LimitsConfig limits;
  private final CallMeters meters;
  private final AtomicLong callsInFlight = new AtomicLong();
  private final AtomicLong bytesInFlight = new AtomicLong();

  CallGate(LimitsConfig limits, CallMeters meters) {
    this.limits = limits;
    this.meters = meters;
  }

  long callsInFlight() {
    return callsInFlight.get();
  }

  long bytesInFlight() {
    return bytesInFlight.get();
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    callsInFlight.incrementAndGet();
    return new Tracer(fullMethodName, System.nanoTime());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    GrpcError refused = refusal();
    if (refused == null) return next.startCall(call, headers);
    call.close(refused.status(), refused.trailers());
    return new ServerCall.Listener<>() {};
  }

  private @Nullable GrpcError refusal() {
    if (callsInFlight.get() > limits.callsInFlightMax()) {
      return GrpcErrors.overloaded("limits.calls-in-flight-max", limits.callsInFlightMax());
    }
    if (bytesInFlight.get() > limits.bytesInFlightMax()) {
      return GrpcErrors.overloaded("limits.bytes-in-flight-max", limits.bytesInFlightMax());
    }
    return null;
  }

  /** One call; its network thread alone, but for the end. */
  private final class Tracer extends ServerStreamTracer {
    private final String method;
    private final long startNs;
    private CallMeters.@Nullable Meter meter;
    private long bytes;

    Tracer(String method, long startNs) {
      this.method = method;
      this.startNs = startNs;
    }

    /** The descriptor's name is one object for all calls, whose hash is known. */
    @Override
    public void serverCallStarted(ServerCallInfo<?, ?> call) {
      meter = meters.of(call.getMethodDescriptor().getFullMethodName());
    }

    @Override
    public void inboundWireSize(long more) {
      bytes += more;
      bytesInFlight.addAndGet(more);
    }

    @Override
    public void streamClosed(Status status) {
      callsInFlight.decrementAndGet();
      bytesInFlight.addAndGet(-bytes);
      CallMeters.Meter known = meter;
      if (known == null) known = meters.of(method);
      known.ended(status.getCode(), System.nanoTime() - startNs);
    }
  }
}
