package dev.tallygate.server.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Places for calls that stay open: so many in all, and fewer for each connection, so that no single
 * caller takes them from all others. Each listener has places of its own. Any thread.
 */
public final class Places {
  private final String name;
  private final int most;
  private final int mostEach;

  // Both guarded by this.
  private final Map<SocketAddress, Integer> each = new HashMap<>();
  private int taken;

  /**
   * @param name what they are called where there are too many
   * @param mostEach of one connection
   */
  public Places(String name, int most, int mostEach) {
    this.name = name;
    this.most = most;
    this.mostEach = mostEach;
  }

  /** The handler, asked only for calls that find a place, which they leave with their end. */
  public <Q, A> ServerCallHandler<Q, A> holding(ServerCallHandler<Q, A> handler) {
    return (call, headers) -> {
      @Nullable SocketAddress from = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
      GrpcError refused = take(from);
      if (refused == null) return new Holding<>(call, from).start(handler, headers);
      call.close(refused.status(), refused.trailers());
      return new ServerCall.Listener<>() {};
    };
  }

  /**
   * @param from the other end of the connection; calls of unknown ones share their places
   * @return null where a place was taken
   */
  synchronized @Nullable GrpcError take(@Nullable SocketAddress from) {
    if (taken >= most) return GrpcErrors.overloaded(name, most);
    int its = each.getOrDefault(from, 0);
    if (its >= mostEach) return GrpcErrors.overloaded(name + " of one connection", mostEach);
    each.put(from, its + 1);
    taken++;
    return null;
  }

  synchronized void leave(@Nullable SocketAddress from) {
    taken--;
    each.computeIfPresent(from, (address, its) -> its == 1 ? null : its - 1);
  }

  /** One call and its place. */
  private final class Holding<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final @Nullable SocketAddress from;
    private final AtomicBoolean left = new AtomicBoolean();

    Holding(ServerCall<Q, A> call, @Nullable SocketAddress from) {
      super(call);
      this.from = from;
    }

    ServerCall.Listener<Q> start(ServerCallHandler<Q, A> handler, Metadata headers) {
      ServerCall.Listener<Q> listener;
      try {
        listener = handler.startCall(this, headers);
      } catch (RuntimeException e) {
        // Nobody is told of the end of a call that has not begun.
        leaveOnce();
        throw e;
      }
      return new SimpleForwardingServerCallListener<>(listener) {
        @Override
        public void onCancel() {
          leaveOnce();
          super.onCancel();
        }

        @Override
        public void onComplete() {
          leaveOnce();
          super.onComplete();
        }
      };
    }

    @Override
    public void close(Status status, Metadata trailers) {
      leaveOnce();
      super.close(status, trailers);
    }

    private void leaveOnce() {
      if (left.compareAndSet(false, true)) leave(from);
    }
  }
}
