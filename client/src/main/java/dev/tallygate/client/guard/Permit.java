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
import org.jspecify.annotations.Nullable;

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

  /** The one call that uses what is no session, and whether it ended with OK. */
  private @Nullable GuardedCall<?, ?> user;

  private boolean usedOk;

  /**
   * @param whenEmpty told when no more calls may enter; more than once
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
                  // Only a session is there for calls that are yet to come.
                  if (!(allocation instanceof Lease)) retire();
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

  /**
   * Whether the call may go on under what was granted. A session is for all; whatever is charged by
   * the use is for the first that asks, and the others ask the cluster for themselves.
   */
  synchronized boolean mayUse(GuardedCall<?, ?> call, Allocation allocation) {
    if (allocation instanceof Lease) return true;
    if (user == null) user = call;
    return user == call;
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
    boolean ok;
    synchronized (this) {
      running.remove(call);
      if (call == user) usedOk = done;
      ok = usedOk;
      if (--users > 0) return;
      over = true;
    }
    whenEmpty.accept(this);
    var unused = answer.thenAccept(allocation -> settle(allocation, ok));
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
    retire();
    stop(GuardErrors.refused(why));
  }

  private void retire() {
    synchronized (this) {
      over = true;
    }
    whenEmpty.accept(this);
  }

  private void stop(GuardErrors error) {
    List<GuardedCall<?, ?>> calls;
    synchronized (this) {
      calls = new ArrayList<>(running);
    }
    calls.forEach(call -> call.stop(error));
  }
}
