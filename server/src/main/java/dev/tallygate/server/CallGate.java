package dev.tallygate.server;

import dev.tallygate.server.config.LimitsConfig;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.InFlight;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the calls in flight of one listener and refuses above the bounds, before any work. A call
 * counts from its headers to its end, whoever ends it: the tracer sees both for every call. Calls
 * whose request never becomes whole are ended ({@link OpenRequests}). Each listener has a gate of
 * its own, so that a full one leaves the other within reach.
 */
final class CallGate extends ServerStreamTracer.Factory implements ServerInterceptor {
  private static final Logger LOG = LoggerFactory.getLogger(CallGate.class);

  private final LimitsConfig limits;
  private final CallMeters meters;
  private final AtomicLong callsInFlight = new AtomicLong();
  private final AtomicLong bytesInFlight = new AtomicLong();
  private final OpenRequests open;

  CallGate(LimitsConfig limits, CallMeters meters) {
    this.limits = limits;
    this.meters = meters;
    open = new OpenRequests(limits.callTimeoutMs());
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
    boolean many = InFlight.carriesMany(fullMethodName);
    return many ? new ManyTracer(System.nanoTime()) : new Tracer(System.nanoTime());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    GrpcError refused = refusal();
    if (refused == null) {
      ServerCall.Listener<Q> listener = next.startCall(call, headers);
      // Their request is never whole; their service ends those that say nothing.
      boolean stream = InFlight.isStream(call.getMethodDescriptor().getFullMethodName());
      return stream ? listener : open.watch(call, listener);
    }
    call.close(refused.status(), refused.trailers());
    return new ServerCall.Listener<>() {};
  }

  /** Ends calls whose request never becomes whole; called a few times a second. */
  void endLate() {
    open.endLate(System.nanoTime(), this::tooManyBytes, this::end);
  }

  private void end(ServerCall<?, ?> call) {
    GrpcError late = tooManyBytes() ? tooMany() : GrpcErrors.deadline(false);
    try {
      call.close(late.status(), late.trailers());
    } catch (IllegalStateException e) {
      LOG.debug("a late call had just been closed", e);
    }
  }

  private boolean tooManyBytes() {
    return bytesInFlight.get() > limits.bytesInFlightMax();
  }

  private GrpcError tooMany() {
    return GrpcErrors.overloaded("limits.bytes-in-flight-max", limits.bytesInFlightMax());
  }

  private @Nullable GrpcError refusal() {
    if (callsInFlight.get() > limits.callsInFlightMax()) {
      return GrpcErrors.overloaded("limits.calls-in-flight-max", limits.callsInFlightMax());
    }
    return tooManyBytes() ? tooMany() : null;
  }

  /** One call; its network thread alone, but for the end. */
  private class Tracer extends ServerStreamTracer {
    private final long startNs;
    private CallMeters.@Nullable Meter meter;
    private long bytes;

    Tracer(long startNs) {
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

    /** Of a message that was answered before the call's end. */
    final void giveBack(long less) {
      bytes -= less;
      bytesInFlight.addAndGet(-less);
    }

    @Override
    public void streamClosed(Status status) {
      callsInFlight.decrementAndGet();
      bytesInFlight.addAndGet(-bytes);
      CallMeters.Meter known = meter;
      // A method that nobody serves is its caller's invention.
      if (known == null) known = meters.others();
      known.ended(status.getCode(), System.nanoTime() - startNs);
    }
  }

  /** One call that carries many: each of them counts. Any thread. */
  private final class ManyTracer extends Tracer implements InFlight {
    private int carried;
    private boolean over;
    private long lastMessageBytes;

    ManyTracer(long startNs) {
      super(startNs);
    }

    @Override
    public Context filterContext(Context context) {
      return context.withValue(InFlight.KEY, this);
    }

    @Override
    public synchronized void inboundWireSize(long more) {
      super.inboundWireSize(more);
    }

    @Override
    public synchronized void inboundMessageRead(int number, long wireSize, long size) {
      lastMessageBytes = wireSize;
    }

    @Override
    public synchronized @Nullable GrpcError add(int calls) {
      if (over) return null;
      if (callsInFlight.addAndGet(calls) > limits.callsInFlightMax()) {
        callsInFlight.addAndGet(-calls);
        return GrpcErrors.overloaded("limits.calls-in-flight-max", limits.callsInFlightMax());
      }
      carried += calls;
      return null;
    }

    @Override
    public synchronized long lastMessageBytes() {
      return lastMessageBytes;
    }

    @Override
    public synchronized void release(int calls, long bytes) {
      if (over) return;
      carried -= calls;
      callsInFlight.addAndGet(-calls);
      giveBack(bytes);
    }

    @Override
    public synchronized void streamClosed(Status status) {
      over = true;
      callsInFlight.addAndGet(-carried);
      super.streamClosed(status);
    }
  }
}
