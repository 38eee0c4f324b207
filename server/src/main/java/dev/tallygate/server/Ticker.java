package dev.tallygate.server;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what a node does by itself, on one thread of its own: each task after a pause, and none
 * while another runs. A task must not block; one that throws is logged and runs again.
 */
final class Ticker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "ticker");
            made.setDaemon(true);
            return made;
          });

  /**
   * @param pauseMs asked again after each run, so that a setting that changes is followed
   */
  void every(LongSupplier pauseMs, Runnable task) {
    schedule(pauseMs, task);
  }

  /** Runs a task once, soon. */
  void soon(Runnable task) {
    if (!thread.isShutdown()) thread.execute(() -> run(task));
  }

  private void schedule(LongSupplier pauseMs, Runnable task) {
    var unused =
        thread.schedule(
            () -> {
              run(task);
              if (!thread.isShutdown()) schedule(pauseMs, task);
            },
            pauseMs.getAsLong(),
            TimeUnit.MILLISECONDS);
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.warn("a periodic task failed and will run again", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
