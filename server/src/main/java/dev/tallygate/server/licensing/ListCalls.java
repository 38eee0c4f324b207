package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers calls that read many rows, on a thread of their own: on the event loop, one of them would
 * hold up every other call for milliseconds.
 */
public final class ListCalls {
  private static final Logger LOG = LoggerFactory.getLogger(ListCalls.class);

  /** Lists that wait for the one that is being read. */
  static final int WAITING_MAX = 64;

  private final NodeContext node;
  private final ThreadPoolExecutor readers;

  /** Reads one page. */
  @FunctionalInterface
  public interface Work<A> {
    A read() throws BadCall;
  }

  public ListCalls(NodeContext node) {
    this.node = node;
    readers =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            task -> {
              Thread thread = new Thread(task, "list-reader");
              thread.setDaemon(true);
              return thread;
            });
    readers.allowCoreThreadTimeOut(true);
  }

  /** Does the work on its thread and ends the call, exactly once. */
  public <A> void answer(StreamObserver<A> reply, Work<A> work) {
    ServerCallStreamObserver<A> caller = (ServerCallStreamObserver<A>) reply;
    // Whoever left while the page was read is told nothing.
    caller.setOnCancelHandler(() -> {});
    GrpcError refused = begin(() -> run(caller, work));
    if (refused != null) caller.onError(refused.exception());
  }

  /**
   * Does the work, which ends its call itself, on the thread of lists.
   *
   * @return null where it is done or will be; else why not
   */
  public @Nullable GrpcError begin(Runnable work) {
    try {
      readers.execute(work);
      return null;
    } catch (RejectedExecutionException e) {
      return readers.isShutdown()
          ? GrpcErrors.stopping(node.leaders().now())
          : GrpcErrors.overloaded("lists waiting", WAITING_MAX);
    }
  }

  private <A> void run(ServerCallStreamObserver<A> caller, Work<A> work) {
    if (caller.isCancelled()) return;
    try {
      A page = work.read();
      caller.onNext(page);
      caller.onCompleted();
    } catch (BadCall e) {
      caller.onError(e.error().exception());
    } catch (StatusRuntimeException e) {
      caller.onError(e);
    } catch (CorruptStateException e) {
      node.halt().halt("the served state is damaged: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      LOG.error("a list failed by a fault of this node", e);
      caller.onError(GrpcErrors.internal("this node failed to handle the call").exception());
    }
  }

  /** Begins no more work. */
  public void drain() {
    readers.shutdown();
  }
}
