package dev.tallygate.client.guard;

import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Hold;
import dev.tallygate.client.Lease;
import dev.tallygate.client.LeaseListener;
import dev.tallygate.client.Tallygate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One allocation and the calls that go on under it. Given back when the last of them leaves, and
 * never entered again. Thread-safe.
 */
final class Permit implements LeaseListener {
  private final Consumer<Permit> whenEmpty;
  private final CompletableFuture<Allocation> answer = new CompletableFuture<>();
  private final Set<GuardedCall<?, ?>> running = new HashSet<>();
  private int users;
  private boolean over;

  /**
   * @param whenEmpty told when the last call has left
   */
  Permit(Consumer<Permit> whenEmpty) {
    this.whenEmpty = whenEmpty;
  }

  /** Asks the cluster, once. */
  void ask(Tallygate tallygate, Ask ask) {
    var unused =
        tallygate
            .allocateAsync(ask, this)
            .whenComplete(
                (allocation, failure) -> {
                  if (failure != null) answer.completeExceptionally(failure);
                  else answer.complete(allocation);
                });
  }

  CompletableFuture<Allocation> answer() {
    return answer;
  }

  /**
   * Counts one more call.
   *
   * @return false where it is over: another one has to be asked for
   */
  synchronized boolean enter() {
    if (over) return false;
    users++;
    return true;
  }

  /** From now on the call ends with the lease. */
  synchronized void runs(GuardedCall<?, ?> call) {
    running.add(call);
  }

  /**
   * A call is over.
   *
   * @param done whether it ended with OK: then what is on hold is charged
   */
  void leave(GuardedCall<?, ?> call, boolean done) {
    synchronized (this) {
      running.remove(call);
      if (--users > 0) return;
      over = true;
    }
    whenEmpty.accept(this);
    var unused = answer.thenAccept(allocation -> settle(allocation, done));
  }

  private static void settle(Allocation allocation, boolean done) {
    if (allocation instanceof Lease lease) {
      var unused = lease.releaseAsync();
    } else if (allocation instanceof Hold hold) {
      var unused = done ? hold.commitAsync(hold.units()) : hold.cancelAsync();
    }
  }

  @Override
  public void unconfirmed(Lease lease) {
    stop(GuardErrors.unconfirmed("the license is unconfirmed: its time passed without a renewal"));
  }

  @Override
  public void lost(Lease lease, Allocation.NotHeld why) {
    synchronized (this) {
      over = true;
    }
    whenEmpty.accept(this);
    stop(GuardErrors.refused(why));
  }

  private void stop(GuardErrors error) {
    List<GuardedCall<?, ?>> calls;
    synchronized (this) {
      calls = new ArrayList<>(running);
    }
    calls.forEach(call -> call.stop(error));
  }
}
