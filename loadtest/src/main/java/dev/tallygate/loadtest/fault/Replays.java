package dev.tallygate.loadtest.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The latest requests that were granted, for sending one again much later. Thread-safe, bounded.
 */
final class Replays {
  private static final int KEPT_MAX = 2_048;
  // An id is known for ten minutes from its issue; well before that a copy must find it.
  private static final long AGE_MAX_NS = Duration.ofMinutes(8).toNanos();

  private final List<Ask> kept = new ArrayList<>();
  private int next;

  synchronized void add(Ask ask) {
    if (kept.size() < KEPT_MAX) {
      kept.add(ask);
    } else {
      kept.set(next, ask);
      next = (next + 1) % KEPT_MAX;
    }
  }

  synchronized Optional<Ask> any(SplittableRandom random) {
    if (kept.isEmpty()) return Optional.empty();
    Ask ask = kept.get(random.nextInt(kept.size()));
    boolean known = System.nanoTime() - ask.issuedNs() < AGE_MAX_NS;
    return known ? Optional.of(ask) : Optional.empty();
  }
}
