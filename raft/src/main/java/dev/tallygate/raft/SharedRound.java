package dev.tallygate.raft;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets many callers share rounds of something that is expensive: at most one round is under way,
 * and whoever comes during it shares the next, so that no one is served by a round that began
 * before it asked. Any thread.
 */
final class SharedRound {
  private final Supplier<CompletableFuture<Long>> round;
  private boolean running;
  private @Nullable CompletableFuture<Long> next;

  SharedRound(Supplier<CompletableFuture<Long>> round) {
    this.round = round;
  }

  CompletableFuture<Long> join() {
    CompletableFuture<Long> mine;
    synchronized (this) {
      if (running) {
        if (next == null) {
          next = new CompletableFuture<>();
        }
        // A copy each: one caller's timeout must not end another's wait.
        return next.copy();
      }
      running = true;
      mine = new CompletableFuture<>();
    }
    run(mine);
    return mine.copy();
  }

  private void run(CompletableFuture<Long> waiters) {
    CompletableFuture<Long> result;
    try {
      result = round.get();
    } catch (RuntimeException e) {
      result = CompletableFuture.failedFuture(e);
    }
    Failures.onEnd(
        result,
        (value, failure) -> {
          startNext();
          if (value != null) {
            waiters.complete(value);
          } else if (failure != null) {
            waiters.completeExceptionally(failure);
          }
        });
  }

  private void startNext() {
    CompletableFuture<Long> waiters;
    synchronized (this) {
      waiters = next;
      next = null;
      running = waiters != null;
    }
    if (waiters != null) {
      run(waiters);
    }
  }
}
