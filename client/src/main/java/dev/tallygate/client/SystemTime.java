package dev.tallygate.client;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's clocks, and one thread that runs short tasks. Lives as long as its client. */
final class SystemTime implements Time, AutoCloseable {
  private static final Pending NEVER = () -> {};

  private final ScheduledThreadPoolExecutor timer;

  SystemTime() {
    timer = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "tallygate-timer"));
    timer.setRemoveOnCancelPolicy(true);
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public long monotonicNs() {
    return System.nanoTime();
  }

  @Override
  public long wallMs() {
    return System.currentTimeMillis();
  }

  @Override
  public Pending after(long delayNs, Runnable task) {
    try {
      ScheduledFuture<?> future = timer.schedule(task, Math.max(0, delayNs), TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException closed) {
      return NEVER;
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
