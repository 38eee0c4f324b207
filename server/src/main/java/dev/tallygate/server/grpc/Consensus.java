package dev.tallygate.server.grpc;

import dev.tallygate.raft.PeerHandler;
import dev.tallygate.raft.Proposal;
import dev.tallygate.raft.RaftNode;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What services see of consensus: {@link RaftNode}'s own methods, with its documentation. Apart
 * from it so that services can be tested without Raft.
 */
public interface Consensus {

  /** See {@link RaftNode#propose}. */
  void propose(Proposal proposal);

  /** See {@link RaftNode#confirm}. */
  CompletableFuture<Long> confirm();

  /** See {@link RaftNode#readIndex}. */
  CompletableFuture<Long> readIndex();

  /** See {@link RaftNode#leaderId}. */
  @Nullable String leaderId();

  /** See {@link RaftNode#term}. */
  long term();

  /** See {@link RaftNode#isLeaderReady}. */
  boolean isLeaderReady();

  /**
   * See {@link RaftNode#handle}. Kinds 16 to 31 are the process's, 32 to 63 licensing's, 64 to 79
   * the ledger's.
   */
  void handle(int kind, PeerHandler handler);

  /** See {@link RaftNode#ask}. */
  CompletableFuture<byte[]> ask(String peerId, int kind, byte[] question, long timeoutMs);

  static Consensus of(RaftNode raft) {
    return new Consensus() {
      @Override
      public void propose(Proposal proposal) {
        raft.propose(proposal);
      }

      @Override
      public CompletableFuture<Long> confirm() {
        return raft.confirm();
      }

      @Override
      public CompletableFuture<Long> readIndex() {
        return raft.readIndex();
      }

      @Override
      public @Nullable String leaderId() {
        return raft.leaderId();
      }

      @Override
      public long term() {
        return raft.term();
      }

      @Override
      public boolean isLeaderReady() {
        return raft.isLeaderReady();
      }

      @Override
      public void handle(int kind, PeerHandler handler) {
        raft.handle(kind, handler);
      }

      @Override
      public CompletableFuture<byte[]> ask(
          String peerId, int kind, byte[] question, long timeoutMs) {
        return raft.ask(peerId, kind, question, timeoutMs);
      }
    };
  }
}
