package dev.tallygate.server.ledger;

import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs calls that read the ledger, each on a thread of its own, so many at once and no more. */
final class LedgerReaders {
  private static final Logger LOG = LoggerFactory.getLogger(LedgerReaders.class);
  private static final int TEXT_BYTES_MAX = 64;

  private final NodeContext node;
  private final String name;
  private final int most;
  private final ThreadPoolExecutor threads;
  private volatile boolean draining;

  /** What a call does on its own thread. */
  interface Work {
    void run() throws IOException, InterruptedException;
  }

  /**
   * @param name what they are called where there are too many
   */
  LedgerReaders(NodeContext node, String name, int most) {
    this.node = node;
    this.name = name;
    this.most = most;
    threads =
        new ThreadPoolExecutor(
            0,
            most,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, name.replace(' ', '-'));
              thread.setDaemon(true);
              return thread;
            });
  }

  void drain() {
    draining = true;
    threads.shutdown();
  }

  boolean draining() {
    return draining;
  }

  StatusRuntimeException stopping() {
    return GrpcErrors.stopping(node.leaders().now()).exception();
  }

  /** Runs the work on a thread of its own; one place ends a call that fails. */
  void start(StreamObserver<?> observer, Work work) {
    try {
      threads.execute(() -> run(observer, work));
    } catch (RejectedExecutionException e) {
      observer.onError(draining ? stopping() : GrpcErrors.overloaded(name, most).exception());
    }
  }

  private void run(StreamObserver<?> observer, Work work) {
    try {
      work.run();
    } catch (StatusRuntimeException e) {
      observer.onError(e);
    } catch (CorruptStateException e) {
      node.halt().halt("the served state is damaged: " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      LOG.error("the ledger cannot be read", e);
      observer.onError(
          GrpcErrors.internal("the ledger cannot be read: " + e.getMessage()).exception());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      observer.onError(GrpcErrors.stopping(null).exception());
    }
  }

  TenantView tenant(String of) {
    text("tenant", of);
    String asked = of.isEmpty() ? NodeContext.DEFAULT_TENANT : of;
    TenantView tenant = node.view().tenant(asked);
    if (tenant == null) throw GrpcErrors.notFound("tenant", asked).exception();
    return tenant;
  }

  static void text(String field, String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > TEXT_BYTES_MAX)
      throw GrpcErrors.invalid(
              field, "has " + bytes + " bytes, allowed are at most " + TEXT_BYTES_MAX)
          .exception();
  }
}
