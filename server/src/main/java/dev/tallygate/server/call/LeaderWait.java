package dev.tallygate.server.call;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Calls that wait for a leader, for its clock, or for the way to it. All look again together, so
 * that an election costs one timer and not one for each call. Any thread.
 */
final class LeaderWait {
  static final long PAUSE_MS = 20;

  private final Executor later;
  private final Object lock = new Object();
  private List<Runnable> waiting = new ArrayList<>();

  /**
   * @param loop where the calls go on
   */
  LeaderWait(Executor loop) {
    this.later = CompletableFuture.delayedExecutor(PAUSE_MS, TimeUnit.MILLISECONDS, loop);
  }

  void add(Runnable call) {
    synchronized (lock) {
      waiting.add(call);
      if (waiting.size() > 1) return;
    }
    later.execute(this::wake);
  }

  private void wake() {
    List<Runnable> woken;
    synchronized (lock) {
      woken = waiting;
      waiting = new ArrayList<>();
    }
    woken.forEach(Runnable::run);
  }
}
