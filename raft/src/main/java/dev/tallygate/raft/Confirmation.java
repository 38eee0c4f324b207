package dev.tallygate.raft;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;

/**
 * Confirms the lead of this node: asks all others for their term and waits until a majority, this
 * node included, is still in this node's. Any thread; rounds are shared.
 */
final class Confirmation {
  /*
   * Why not Ratis' own ReadIndex: it remembers the commit index that a majority acknowledged last and answers at once, without a
   * round, while that index does not grow (ReadIndexHeartbeats, 3.3.0). A leader that is idle and then cut off
   * would go on confirming itself while another one commits.
   *
   * Why the term is enough: a node that was elected in a later term before the round began had the votes of a majority,
   * and each voter took the later term before it voted. That majority and the one that answers this round share a
   * node, which would have answered with the later term. So no later leader existed when the round began, and all that
   * had been committed was in this leader's log and, its first entry being committed, below its commit index.
   */

  private final RaftServer.Division division;
  private final Peers peers;
  private final RaftNodeConfig config;
  private final LongSupplier commitIndex;
  private final SharedRound rounds = new SharedRound(this::round);

  Confirmation(RaftServer.Division division, Peers peers, RaftNodeConfig config) {
    this.division = division;
    this.peers = peers;
    this.config = config;
    commitIndex = () -> division.getRaftLog().getLastCommittedIndex();
  }

  /**
   * Completes with the commit index of the moment when a round began that was not yet asked for.
   */
  CompletableFuture<Long> confirm() {
    return rounds.join();
  }

  /** Answers the others' question. */
  CompletableFuture<byte[]> answerTerm() {
    return CompletableFuture.completedFuture(bytes(division.getInfo().getCurrentTerm()));
  }

  private CompletableFuture<Long> round() {
    long term = division.getInfo().getCurrentTerm();
    RaftFailure refusal = refusal(term);
    if (refusal != null) {
      return CompletableFuture.failedFuture(refusal);
    }
    long index = commitIndex.getAsLong();
    int others = config.peers().size() - 1;
    int needed = config.peers().size() / 2;
    CompletableFuture<Long> done = new CompletableFuture<>();
    if (needed == 0) {
      done.complete(index);
    }
    AtomicInteger confirmed = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    for (String peer : peers.others()) {
      var answer = peers.ask(peer, RaftNode.KIND_TERM, bytes(term), config.confirmTimeoutMs());
      Failures.onEnd(
          answer,
          (bytes, failure) -> {
            if (bytes != null && isTerm(bytes, term)) {
              if (confirmed.incrementAndGet() == needed) {
                done.complete(index);
              }
            } else if (refused.incrementAndGet() > others - needed) {
              done.completeExceptionally(
                  new RaftFailure(
                      RaftFailure.Reason.NOT_LEADER,
                      "no majority confirms that this node leads in term " + term));
            }
          });
    }
    return done.thenApply(i -> stillLeading(term, i));
  }

  private long stillLeading(long term, long index) {
    RaftFailure refusal = refusal(term);
    if (refusal != null) {
      throw refusal;
    }
    return index;
  }

  private @Nullable RaftFailure refusal(long term) {
    DivisionInfo info = division.getInfo();
    if (!info.isLeader()) {
      return new RaftFailure(RaftFailure.Reason.NOT_LEADER, "this node does not lead");
    }
    if (!info.isLeaderReady()) {
      return new RaftFailure(
          RaftFailure.Reason.NOT_READY, "the leader has not applied the first entry of its term");
    }
    // Read after the role: the role of leader ends before the term moves on.
    if (info.getCurrentTerm() != term) {
      return new RaftFailure(RaftFailure.Reason.NOT_LEADER, "the term has changed");
    }
    return null;
  }

  private static boolean isTerm(byte[] answer, long term) {
    return answer.length == Long.BYTES && ByteBuffer.wrap(answer).getLong() == term;
  }

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
