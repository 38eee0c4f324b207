package dev.tallygate.server;

import dev.tallygate.server.grpc.Consensus;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long ago this node last knew that it was up to date: its own monotonic time since the send of
 * the last question for the leader's commit index whose answer it has applied. Any thread.
 *
 * <p>Not the last heartbeat, which says nothing of what is applied, and not a tick, which may have
 * waited in a buffer.
 */
final class Freshness {
  private static final long NEVER = Long.MIN_VALUE;

  private final Consensus consensus;
  private final TimeSource time;
  private final AtomicLong asOfNs = new AtomicLong(NEVER);
  private final AtomicLong voidBeforeNs = new AtomicLong(NEVER);

  Freshness(Consensus consensus, TimeSource time) {
    this.consensus = consensus;
    this.time = time;
  }

  /** Sends a question; does not wait. */
  void ask() {
    long sentNs = time.monotonicNs();
    var unused =
        consensus
            .readIndex()
            .thenAccept(
                index -> {
                  if (sentNs >= voidBeforeNs.get()) asOfNs.accumulateAndGet(sentNs, Math::max);
                })
            .exceptionally(failed -> null);
  }

  /** This process stood still: what it knew, and what it asked before, is of an unknown age. */
  void noticePause() {
    voidBeforeNs.set(time.monotonicNs());
    asOfNs.set(NEVER);
  }

  /** Milliseconds; -1 where this node never knew. */
  long stalenessMs() {
    long asOf = asOfNs.get();
    return asOf == NEVER ? -1 : Math.max(0, time.monotonicNs() - asOf) / 1_000_000;
  }

  boolean isWithin(long boundMs) {
    long staleness = stalenessMs();
    return staleness >= 0 && staleness <= boundMs;
  }
}
