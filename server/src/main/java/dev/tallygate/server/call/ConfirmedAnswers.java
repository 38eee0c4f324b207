package dev.tallygate.server.call;

import dev.tallygate.server.grpc.Consensus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Answers that were judged without a log entry and wait until this node has confirmed that it led
 * when it judged. One round of questions confirms all that were judged before it began; those
 * judged meanwhile share the next, and all of a round go on in one task of the loop. Any thread.
 */
final class ConfirmedAnswers {
  /** An answer that waits. */
  interface Waiting {
    /** A round that began after the judgement has confirmed the lead. */
    void confirmed();

    /** It was not confirmed: nothing was said or done, and the call must be judged again. */
    void unconfirmed();
  }

  private final Consensus consensus;
  private final Executor loop;
  private final Object lock = new Object();
  private List<Waiting> next = new ArrayList<>();
  private boolean underWay;

  ConfirmedAnswers(Consensus consensus, Executor loop) {
    this.consensus = consensus;
    this.loop = loop;
  }

  void add(Waiting answer) {
    synchronized (lock) {
      next.add(answer);
      if (underWay) return;
      underWay = true;
    }
    begin();
  }

  private void begin() {
    List<Waiting> round;
    synchronized (lock) {
      if (next.isEmpty()) {
        underWay = false;
        return;
      }
      round = next;
      next = new ArrayList<>();
    }
    var unused =
        consensus
            .confirm()
            .whenCompleteAsync((index, failure) -> end(round, failure == null), loop);
  }

  private void end(List<Waiting> round, boolean confirmed) {
    // The next round begins first: those who wait for it were judged by now.
    begin();
    for (Waiting answer : round) {
      if (confirmed) answer.confirmed();
      else answer.unconfirmed();
    }
  }
}
