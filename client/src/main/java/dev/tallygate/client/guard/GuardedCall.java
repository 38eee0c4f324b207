package dev.tallygate.client.guard;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call that the guard may close while its handler works on it; what the handler then still says
 * is dropped. A server call alone does not bear two threads.
 */
final class GuardedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
  private boolean closed;
  private boolean endedOk;
  private boolean stopped;
  private Context.@Nullable CancellableContext context;

  GuardedCall(ServerCall<Q, A> call) {
    super(call);
  }

  /** The context in which the handler works, to be cancelled when the call is stopped. */
  synchronized void within(Context.CancellableContext running) {
    context = running;
  }

  /** Closes it, unless the handler was faster. */
  void stop(GuardErrors error) {
    Context.CancellableContext running;
    synchronized (this) {
      if (closed) return;
      closed = true;
      stopped = true;
      running = context;
    }
    // First, so that the handler learns why: the end of the call cancels the context as well.
    if (running != null) running.cancel(error.status().asException());
    synchronized (this) {
      super.close(error.status(), error.trailers());
    }
  }

  /** The handler has nothing left to do. */
  void ended() {
    Context.CancellableContext running;
    synchronized (this) {
      running = context;
    }
    if (running != null) running.cancel(null);
  }

  /** For handlers that ask before they go on: one that the guard ended goes on for nobody. */
  @Override
  public boolean isCancelled() {
    return isStopped() || super.isCancelled();
  }

  /** Whether the guard ended it, and not its handler. */
  synchronized boolean isStopped() {
    return stopped;
  }

  /** Whether the handler ended it with OK. */
  synchronized boolean endedOk() {
    return endedOk;
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!closed) super.sendHeaders(headers);
  }

  @Override
  public synchronized void sendMessage(A message) {
    if (!closed) super.sendMessage(message);
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (closed) return;
    closed = true;
    endedOk = status.isOk();
    super.close(status, trailers);
  }
}
