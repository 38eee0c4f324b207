package dev.tallygate.raft.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counts the readers of mapped memory, so that it is never unmapped under one of them: that would
 * be a crash of the process, not an exception. Entering and leaving is a few nanoseconds and does
 * not allocate; readers of different threads mostly count in different cache lines.
 */
final class ReaderGate {
  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int STRIPES = 8;

  /** Longs between two counters: two cache lines, since adjacent ones are fetched in pairs. */
  private static final int STRIDE = 16;

  private final long[] counts = new long[(STRIPES + 1) * STRIDE];
  private volatile boolean closed;

  /**
   * Lets a reader in.
   *
   * @return what {@link #leave} must be given; negative where the gate is closed, then there is
   *     nothing to leave
   */
  int enter() {
    int stripe = (int) (Thread.currentThread().threadId() % STRIPES + 1) * STRIDE;
    // Both accesses are sequentially consistent: either this sees the closed gate, or drained()
    // sees
    // the count.
    COUNTS.getAndAdd(counts, stripe, 1L);
    if (!closed) return stripe;
    leave(stripe);
    return -1;
  }

  void leave(int stripe) {
    COUNTS.getAndAdd(counts, stripe, -1L);
  }

  /** Lets nobody in any more; those inside stay until they leave. */
  void close() {
    closed = true;
  }

  /** Whether the gate is closed and nobody is inside. */
  boolean drained() {
    if (!closed) return false;
    for (int stripe = 1; stripe <= STRIPES; stripe++)
      if ((long) COUNTS.getVolatile(counts, stripe * STRIDE) != 0) return false;
    return true;
  }
}
