package dev.tallygate.client.guard;

import dev.tallygate.client.Allocation;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hears a guarded call. Until the cluster has answered, events wait: they are few, for nothing of
 * the call is read before its handler asks for it.
 */
final class GuardedListener<Q, A> extends ServerCall.Listener<Q> {
  private final GuardedCall<Q, A> call;
  private final Metadata headers;
  private final ServerCallHandler<Q, A> next;
  private final Supplier<Permit> another;
  private final Context context = Context.current();

  // Under the lock, which also hands events on one after the other.
  private final List<Consumer<ServerCall.Listener<Q>>> waiting = new ArrayList<>();
  private ServerCall.@Nullable Listener<Q> handler;
  private @Nullable Permit permit;
  private boolean over;

  /**
   * @param another asks for this call alone, where what it shares turns out to be for one call only
   */
  GuardedListener(
      GuardedCall<Q, A> call,
      Metadata headers,
      ServerCallHandler<Q, A> next,
      Supplier<Permit> another) {
    this.call = call;
    this.headers = headers;
    this.next = next;
    this.another = another;
  }

  /** Goes on with the call when the permit's question is answered. Called first of all. */
  void awaits(Permit entered) {
    synchronized (this) {
      permit = entered;
    }
    var unused =
        entered
            .answer()
            .whenComplete((allocation, failure) -> decided(entered, allocation, failure));
  }

  private synchronized void decided(
      Permit entered, @Nullable Allocation allocation, @Nullable Throwable failure) {
    if (over) return;
    if (allocation == null) {
      call.stop(GuardErrors.unanswered(failure));
      finish();
    } else if (allocation instanceof Allocation.NotHeld refused) {
      call.stop(GuardErrors.refused(refused));
      finish();
    } else if (!entered.mayUse(call, allocation)) {
      entered.leave(call, false);
      awaits(another.get());
    } else {
      begin(entered, allocation);
    }
  }

  private void begin(Permit entered, Allocation allocation) {
    Context.CancellableContext running =
        context.withValue(TallygateInterceptor.ALLOCATION, allocation).withCancellation();
    call.within(running);
    entered.runs(call);
    // After it is known as running: what became of the lease before that, nobody would tell.
    if (!allocation.isLive()) {
      call.stop(GuardErrors.unconfirmed("the license is not live"));
      finish();
      return;
    }
    try {
      ServerCall.Listener<Q> started = Contexts.interceptCall(running, call, headers, next);
      handler = started;
      waiting.forEach(event -> event.accept(started));
      waiting.clear();
    } catch (Throwable e) {
      // No server above this thread would see it, and the call would never end.
      call.close(Status.UNKNOWN.withDescription("the handler failed").withCause(e), new Metadata());
      finish();
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
  }

  private synchronized void event(Consumer<ServerCall.Listener<Q>> event) {
    if (handler != null) event.accept(handler);
    else if (!over) waiting.add(event);
  }

  /** Leaves the permit, once. */
  private synchronized void finish() {
    if (over) return;
    over = true;
    waiting.clear();
    call.ended();
    if (permit != null) permit.leave(call, call.endedOk());
  }

  @Override
  public void onMessage(Q message) {
    event(listener -> listener.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    event(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void onReady() {
    event(ServerCall.Listener::onReady);
  }

  @Override
  public void onCancel() {
    try {
      event(ServerCall.Listener::onCancel);
    } finally {
      finish();
    }
  }

  @Override
  public void onComplete() {
    try {
      // To its handler a call that the guard ended is cancelled: it did not complete it.
      if (call.isStopped()) event(ServerCall.Listener::onCancel);
      else event(ServerCall.Listener::onComplete);
    } finally {
      finish();
    }
  }
}
