package dev.tallygate.raft;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/** How far this node has applied the log, and who waits for it. Advanced by the apply thread. */
final class AppliedIndex {
  private record Waiter(long index, CompletableFuture<Long> done) {}

  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::index));
  private volatile long applied = Replica.NOTHING_APPLIED;
  private volatile long lowestAwaited = Long.MAX_VALUE;

  long get() {
    return applied;
  }

  void advance(long index) {
    applied = index;
    if (index >= lowestAwaited) {
      completeUpTo(index);
    }
  }

  /** Completes with {@code index} once it is applied here, on the apply thread. */
  CompletableFuture<Long> await(long index) {
    if (applied >= index) {
      return CompletableFuture.completedFuture(index);
    }
    CompletableFuture<Long> done = new CompletableFuture<>();
    synchronized (waiters) {
      waiters.add(new Waiter(index, done));
      lowestAwaited = waiters.element().index();
    }
    // It may have been applied between the look and the entry.
    if (applied >= index) {
      completeUpTo(applied);
    }
    return done;
  }

  /** The node ends: nothing more will be applied. */
  void failAll(RaftFailure failure) {
    List<Waiter> left;
    synchronized (waiters) {
      left = new ArrayList<>(waiters);
      waiters.clear();
      lowestAwaited = Long.MAX_VALUE;
    }
    left.forEach(w -> w.done().completeExceptionally(failure));
  }

  private void completeUpTo(long index) {
    List<Waiter> due = new ArrayList<>();
    synchronized (waiters) {
      for (Waiter w; (w = waiters.peek()) != null && w.index() <= index; ) {
        due.add(waiters.remove());
      }
      Waiter next = waiters.peek();
      lowestAwaited = next == null ? Long.MAX_VALUE : next.index();
    }
    due.forEach(w -> w.done().complete(w.index()));
  }
}
