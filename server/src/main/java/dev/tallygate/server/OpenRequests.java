package dev.tallygate.server;

import io.grpc.ForwardingServerCallListener;
import io.grpc.ServerCall;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one listener whose request is not whole yet, oldest first. A caller that opens calls
 * and says nothing more holds their places, and what it sent of them, for as long as somebody lets
 * it: one that is older than the bound is ended, and all of them are where requests hold too many
 * bytes.
 *
 * <p>The obvious alternative, a timer for each call, costs more than the rest of this. Adding and
 * removing is a few stores under a lock that is hardly ever contended. Any thread.
 */
final class OpenRequests {
  private final long lateNs;

  // A ring through all open calls, guarded by this.
  private final Waiting<?> ring = new Waiting<>();

  OpenRequests(long lateMs) {
    lateNs = TimeUnit.MILLISECONDS.toNanos(lateMs);
  }

  /** Watches a call until its request is whole or it is cancelled. */
  <Q> ServerCall.Listener<Q> watch(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener) {
    Waiting<Q> waiting = new Waiting<>(this, call, listener, System.nanoTime());
    add(waiting);
    return waiting;
  }

  /**
   * Ends the calls that are late, or all where there are too many bytes.
   *
   * @param end closes a call, on the thread of this call
   */
  void endLate(long nowNs, BooleanSupplier tooManyBytes, End end) {
    for (Waiting<?> oldest; (oldest = takeLate(nowNs, tooManyBytes.getAsBoolean())) != null; )
      end.end(oldest.call());
  }

  /** Closes a call whose request never became whole. */
  interface End {
    void end(ServerCall<?, ?> call);
  }

  private synchronized void add(Waiting<?> waiting) {
    waiting.before = ring.before;
    waiting.after = ring;
    ring.before.after = waiting;
    ring.before = waiting;
  }

  /** False where the call was ended as late. */
  private synchronized boolean remove(Waiting<?> waiting) {
    if (waiting.after == waiting) return false;
    waiting.before.after = waiting.after;
    waiting.after.before = waiting.before;
    waiting.after = waiting;
    waiting.before = waiting;
    return true;
  }

  private synchronized @Nullable Waiting<?> takeLate(long nowNs, boolean anyAge) {
    Waiting<?> oldest = ring.after;
    if (oldest == ring || !(anyAge || nowNs - oldest.sinceNs > lateNs)) return null;
    remove(oldest);
    return oldest;
  }

  /** One call. Passes on what comes until the call is ended here. */
  private static final class Waiting<Q>
      extends ForwardingServerCallListener.SimpleForwardingServerCallListener<Q> {
    private final @Nullable OpenRequests requests;
    private final @Nullable ServerCall<Q, ?> call;
    private final long sinceNs;
    private Waiting<?> before = this;
    private Waiting<?> after = this;
    private boolean whole;

    Waiting() {
      super(new ServerCall.Listener<>() {});
      requests = null;
      call = null;
      sinceNs = 0;
    }

    Waiting(
        OpenRequests requests,
        ServerCall<Q, ?> call,
        ServerCall.Listener<Q> listener,
        long sinceNs) {
      super(listener);
      this.requests = requests;
      this.call = call;
      this.sinceNs = sinceNs;
    }

    ServerCall<Q, ?> call() {
      return Objects.requireNonNull(call);
    }

    @Override
    public void onHalfClose() {
      whole = requests != null && requests.remove(this);
      if (whole) super.onHalfClose();
    }

    @Override
    public void onCancel() {
      leave();
      super.onCancel();
    }

    @Override
    public void onComplete() {
      leave();
      super.onComplete();
    }

    private void leave() {
      if (requests != null && !whole) requests.remove(this);
    }
  }
}
