package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.exact.Invocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * What callers saw since the last look, and the gate that keeps calls from overlapping a look: a
 * call is made inside {@link #during}, a look is taken while {@link #pause} holds all callers back.
 * Thread-safe.
 */
final class History {
  private final Queue<Invocation> calls = new ConcurrentLinkedQueue<>();
  // Fair: without it a busy crowd of callers would never let the one that pauses in.
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);

  /** A call, made and described. */
  @FunctionalInterface
  interface Call {
    Invocation make();
  }

  Invocation during(Call call) {
    gate.readLock().lock();
    try {
      Invocation made = call.make();
      calls.add(made);
      return made;
    } finally {
      gate.readLock().unlock();
    }
  }

  /** Waits for the calls under way and holds back all others but the pausing thread's own. */
  void pause() {
    gate.writeLock().lock();
  }

  void resume() {
    gate.writeLock().unlock();
  }

  /** All calls since the last time; while paused, none is missing. */
  List<Invocation> drain() {
    List<Invocation> drained = new ArrayList<>();
    for (Invocation call = calls.poll(); call != null; call = calls.poll()) drained.add(call);
    return drained;
  }
}
