package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.View;
import java.security.SecureRandom;
import java.util.SplittableRandom;

/** A {@link Desk} for each thread. */
final class Desks {
  private record Owned(Thread owner, Desk desk) {}

  private final ThreadLocal<Desk> desks;

  /**
   * The desk that was asked for last. Nearly all calls are on one event loop; a race only means
   * that the thread is asked for its own.
   */
  private Owned last;

  Desks(View view, ClusterIds ids) {
    SecureRandom seeds = new SecureRandom();
    desks =
        ThreadLocal.withInitial(
            () ->
                new Desk(
                    view.reader(), new AnswerWriter(ids), new SplittableRandom(seeds.nextLong())));
    last = new Owned(Thread.currentThread(), desks.get());
  }

  Desk mine() {
    Thread asking = Thread.currentThread();
    Owned known = last;
    if (known.owner() == asking) return known.desk();
    Desk desk = desks.get();
    last = new Owned(asking, desk);
    return desk;
  }
}
