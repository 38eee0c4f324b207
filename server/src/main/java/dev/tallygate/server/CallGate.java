package dev.tallygate.server;

import dev.tallygate.server.config.LimitsConfig;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.InFlight;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
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

  /**
   * How old a part of a message is before it is ended for its bytes: honest ones are read by then.
   */
  private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(100);

  private final LimitsConfig limits;
  private final CallMeters meters;
  private final AtomicLong callsInFlight = new AtomicLong();
  private final AtomicLong bytesInFlight = new AtomicLong();
  private final OpenRequests open;
  private final Set<ManyTracer> streams = ConcurrentHashMap.newKeySet();

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
    boolean many = InFlight.carriesMany(fullMethodName) || InFlight.isLongAnswer(fullMethodName);
    return many ? new ManyTracer(System.nanoTime()) : new Tracer(System.nanoTime());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    GrpcError refused = refusal();
    if (refused == null) {
      ServerCall.Listener<Q> listener = next.startCall(call, headers);
      String method = call.getMethodDescriptor().getFullMethodName();
      // Their request is never whole; their service ends those that say nothing.
      if (InFlight.isStream(method)) return listener;
      boolean stays = InFlight.isLongAnswer(method);
      return open.watch(call, stays ? new Staying<>(listener, InFlight.KEY.get()) : listener);
    }
    call.close(refused.status(), refused.trailers());
    return new ServerCall.Listener<>() {};
  }

  /** Ends calls whose request never becomes whole; called a few times a second. */
  void endLate() {
    endLate(System.nanoTime());
  }

  void endLate(long nowNs) {
    boolean enough = endUnfinished(nowNs);
    // Bytes of streams that were just ended are given back a little later.
    open.endLate(nowNs, enough ? () -> false : this::tooManyBytes, this::end);
  }

  /**
   * Ends streams with a message that is late; and where there are too many bytes, those that hold
   * parts of a message, oldest first: whoever began it can wait on, and all others cannot call.
   *
   * @return whether bytes enough are given back by that
   */
  private boolean endUnfinished(long nowNs) {
    long over = bytesInFlight.get() - limits.bytesInFlightMax();
    if (streams.isEmpty()) return over <= 0;
    List<Unfinished> unfinished = new ArrayList<>();
    for (ManyTracer stream : streams) stream.addUnfinished(nowNs, unfinished);
    unfinished.sort(Comparator.comparingLong(Unfinished::ageNs).reversed());
    long lateNs = TimeUnit.MILLISECONDS.toNanos(limits.callTimeoutMs());
    for (Unfinished one : unfinished) {
      if (one.ageNs() > lateNs) one.end().accept(GrpcErrors.deadline(false));
      else if (over > 0 && one.ageNs() > PATIENCE_NS) one.end().accept(tooMany());
      else continue;
      over -= one.bytes();
    }
    return over <= 0;
  }

  /** A stream that holds a part of a message. */
  private record Unfinished(long ageNs, long bytes, Consumer<GrpcError> end) {}

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

  /** A call that stays open after its request: what that had of bytes is read, and not held. */
  private static final class Staying<Q>
      extends ForwardingServerCallListener.SimpleForwardingServerCallListener<Q> {
    private final @Nullable InFlight inFlight;

    Staying(ServerCall.Listener<Q> listener, @Nullable InFlight inFlight) {
      super(listener);
      this.inFlight = inFlight;
    }

    @Override
    public void onHalfClose() {
      super.onHalfClose();
      if (inFlight != null) inFlight.releaseBytes();
    }
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

    final long bytes() {
      return bytes;
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
    private boolean unfinished;
    private long begunNs;
    private @Nullable Consumer<GrpcError> end;

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
    public synchronized void inboundMessage(int number) {
      unfinished = true;
      begunNs = System.nanoTime();
    }

    @Override
    public synchronized void inboundMessageRead(int number, long wireSize, long size) {
      unfinished = false;
      lastMessageBytes = wireSize;
    }

    @Override
    public synchronized void endBy(Consumer<GrpcError> how) {
      end = how;
      if (!over) streams.add(this);
    }

    synchronized void addUnfinished(long nowNs, List<Unfinished> to) {
      if (unfinished && !over && end != null) to.add(new Unfinished(nowNs - begunNs, bytes(), end));
    }

    @Override
    public synchronized void releaseBytes() {
      if (!over) giveBack(bytes());
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
      streams.remove(this);
      callsInFlight.addAndGet(-carried);
      super.streamClosed(status);
    }
  }
}
