package dev.tallygate.server;

import dev.tallygate.raft.PeerHandler;
import dev.tallygate.raft.Proposal;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.raft.RaftNode;
import dev.tallygate.server.grpc.Consensus;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Consensus before it is made: its parts ask it, so they are given this, which asks the real one
 * once it is set. Set once, before anything is asked.
 */
final class Late implements Consensus {
  private volatile @Nullable Consensus real;

  void set(RaftNode raft) {
    real = Consensus.of(raft);
  }

  private Consensus real() {
    Consensus now = real;
    if (now == null) throw new IllegalStateException("consensus is not made yet");
    return now;
  }

  @Override
  public void propose(Proposal proposal) {
    Consensus now = real;
    if (now == null) proposal.failed(ProposalFailure.NOT_READY);
    else now.propose(proposal);
  }

  @Override
  public CompletableFuture<Long> confirm() {
    return real().confirm();
  }

  @Override
  public CompletableFuture<Long> readIndex() {
    return real().readIndex();
  }

  @Override
  public @Nullable String leaderId() {
    return real().leaderId();
  }

  @Override
  public long term() {
    return real().term();
  }

  @Override
  public boolean isLeaderReady() {
    return real().isLeaderReady();
  }

  @Override
  public void handle(int kind, PeerHandler handler) {
    real().handle(kind, handler);
  }

  @Override
  public CompletableFuture<byte[]> ask(String peerId, int kind, byte[] question, long timeoutMs) {
    return real().ask(peerId, kind, question, timeoutMs);
  }
}
