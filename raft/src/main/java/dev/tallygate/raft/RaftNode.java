package dev.tallygate.raft;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One node of a Raft group: the only door to consensus. All methods but {@link #start} and {@link
 * #stop} may be called by any thread and never block; futures complete on threads of consensus, so
 * what is chained to them must be short or hop away.
 */
public final class RaftNode {

  public RaftNode(RaftNodeConfig config, RaftNodeParts parts) {
    throw new UnsupportedOperationException();
  }

  /**
   * Checks the storage, opens it and joins the group; returns as soon as the node takes part, not
   * when a leader is known. Blocks while the log is read.
   *
   * @throws StorageRefusal if starting on this storage could lose or double a command
   */
  public void start() throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Proposes a command; its end is told to the proposal itself. */
  public void propose(Proposal proposal) {
    throw new UnsupportedOperationException();
  }

  /**
   * Appends an entry without commands if this node leads and no batch is on its way, which moves
   * the clocks of an idle cluster; otherwise does nothing.
   */
  public void tick() {
    throw new UnsupportedOperationException();
  }

  /**
   * Confirms that this node leads, by a round of questions to a majority that begins after the call
   * (Raft dissertation §6.4). At most one round is on its way; callers that come meanwhile share
   * the next.
   *
   * @return the index that was committed when the round began, once this node has applied it; fails
   *     with {@link RaftFailure}, then a retry is safe
   */
  public CompletableFuture<Long> confirm() {
    throw new UnsupportedOperationException();
  }

  /**
   * Like {@link #confirm}, on any node: a follower asks the leader and waits until it has itself
   * applied the index.
   */
  public CompletableFuture<Long> readIndex() {
    throw new UnsupportedOperationException();
  }

  public RaftRole role() {
    throw new UnsupportedOperationException();
  }

  /** The leader as far as this node knows; null where none is known. */
  public @Nullable String leaderId() {
    throw new UnsupportedOperationException();
  }

  public long term() {
    throw new UnsupportedOperationException();
  }

  /** Whether this node leads and has applied the first entry of its term. */
  public boolean isLeaderReady() {
    throw new UnsupportedOperationException();
  }

  /**
   * Hands the lead over.
   *
   * @param peerId the next leader; null for whichever follower has the longest log
   * @return completes when another node leads
   */
  public CompletableFuture<Void> transferLeadership(@Nullable String peerId) {
    throw new UnsupportedOperationException();
  }

  /**
   * Takes a snapshot now.
   *
   * @return its index, once it is on the disk
   */
  public CompletableFuture<Long> snapshot() {
    throw new UnsupportedOperationException();
  }

  public RaftStatus status() {
    throw new UnsupportedOperationException();
  }

  /** Registers the handler of one kind, 1-255, before {@link #start}; kinds below 16 are ours. */
  public void handle(int kind, PeerHandler handler) {
    throw new UnsupportedOperationException();
  }

  /**
   * Asks another node, over the peer port. Questions of one pair of nodes arrive in the order
   * asked.
   *
   * @return the answer; fails with {@link RaftFailure}. After TIMEOUT, UNREACHABLE and REMOTE the
   *     question may have been handled
   */
  public CompletableFuture<byte[]> ask(String peerId, int kind, byte[] question, long timeoutMs) {
    throw new UnsupportedOperationException();
  }

  /**
   * Stops in good order: refuses proposals, ends those in the queue, lets the entries in flight
   * finish within their deadline, hands the lead over, applies what is committed and closes the
   * replica cleanly. Blocks.
   */
  public void stop() {
    throw new UnsupportedOperationException();
  }
}
