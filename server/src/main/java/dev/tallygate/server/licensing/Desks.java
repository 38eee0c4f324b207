package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.View;
import java.security.SecureRandom;
import java.util.SplittableRandom;

/** A {@link Desk} for each thread. */
final class Desks {
  private final ThreadLocal<Desk> desks;

  Desks(View view, ClusterIds ids) {
    SecureRandom seeds = new SecureRandom();
    desks =
        ThreadLocal.withInitial(
            () ->
                new Desk(
                    view.reader(), new AnswerWriter(ids), new SplittableRandom(seeds.nextLong())));
  }

  Desk mine() {
    return desks.get();
  }
}
