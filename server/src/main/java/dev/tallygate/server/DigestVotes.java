package dev.tallygate.server;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.DigestVote;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.grpc.Consensus;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongUnaryOperator;

/**
 * Votes with the digest of this node's state at every index that all nodes vote on, and compares
 * the verdict with it. One thread, but for the answering side.
 *
 * <p>A vote may be lost on its way: the next one settles the same question for a later index.
 */
final class DigestVotes {
  static final int KIND = 17;

  private static final int VOTES_BEHIND_MAX = 8;
  private static final int TIMEOUT_MS = 2_000;
  private static final byte[] TAKEN = {};

  /** Hears that a majority named another digest than this node's. */
  interface Loser {
    /**
     * @param index of which the majority spoke
     * @param matchedIndex the last at which this node agreed with a majority; 0 for none
     */
    void lost(long index, long own, long agreed, long matchedIndex);
  }

  private final String nodeId;
  private final View view;
  private final LongUnaryOperator digestAt;
  private final Consensus consensus;
  private final OwnCommands commands;
  private final Loser loser;
  private long votedIndex;
  private long judgedIndex;
  private long matchedIndex;

  /**
   * @param digestAt the digest at an index, 0 where it is not known
   */
  DigestVotes(
      String nodeId,
      View view,
      LongUnaryOperator digestAt,
      Consensus consensus,
      OwnCommands commands,
      Loser loser) {
    this.nodeId = nodeId;
    this.view = view;
    this.digestAt = digestAt;
    this.consensus = consensus;
    this.commands = commands;
    this.loser = loser;
  }

  /** Registers the leader's side, which proposes what others vote; before consensus starts. */
  void takeVotes() {
    consensus.handle(
        KIND,
        (from, question, deadlineNs) -> {
          try {
            DigestVote vote = Command.parseFrom(question).getDigestVote();
            if (!vote.getNodeId().equals(from)) {
              return CompletableFuture.failedFuture(
                  new IllegalArgumentException("`" + from + "` votes for another node"));
            }
            if (consensus.isLeaderReady()) commands.propose(command(vote));
            return CompletableFuture.completedFuture(TAKEN);
          } catch (InvalidProtocolBufferException e) {
            return CompletableFuture.failedFuture(e);
          }
        });
  }

  /** Votes on what was applied since the last call, and judges the verdict. */
  void run() {
    judge();
    long every = view.settings().digestEvery();
    long newest = view.appliedIndex() / every * every;
    long index = Math.max(votedIndex + 1, newest - (VOTES_BEHIND_MAX - 1) * every);
    for (index = Math.ceilDiv(Math.max(index, 1), every) * every; index <= newest; index += every) {
      vote(index);
    }
  }

  private void vote(long index) {
    long digest = digestAt.applyAsLong(index);
    String leader = consensus.leaderId();
    if (digest == 0 || leader == null) return;
    votedIndex = index;
    byte[] command =
        command(DigestVote.newBuilder().setNodeId(nodeId).setIndex(index).setDigest(digest).build())
            .toByteArray();
    if (leader.equals(nodeId)) {
      commands.propose(command);
    } else {
      var unused =
          consensus.ask(leader, KIND, command, TIMEOUT_MS).exceptionally(notTaken -> TAKEN);
    }
  }

  private void judge() {
    long agreed = view.agreedIndex();
    long digest = view.agreedDigest();
    // The two are read one after the other: only of one verdict do they belong together.
    if (agreed == judgedIndex || agreed != view.agreedIndex()) return;
    judgedIndex = agreed;
    long own = digestAt.applyAsLong(agreed);
    if (own == 0) return; // Too long ago, or before this node's snapshot.
    if (own == digest) matchedIndex = agreed;
    else loser.lost(agreed, own, digest, matchedIndex);
  }

  private static Command command(DigestVote vote) {
    return Command.newBuilder().setDigestVote(Objects.requireNonNull(vote)).build();
  }
}
