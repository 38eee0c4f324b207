package dev.tallygate.raft;

import java.util.concurrent.CompletableFuture;

/** Answers one kind of question that other nodes of the cluster ask. */
@FunctionalInterface
public interface PeerHandler {

  /**
   * Starts to answer; called on the network thread, so it must not block.
   *
   * @param from the peer that asks, as it calls itself
   * @param deadlineNs by {@link System#nanoTime}; nobody waits for an answer that comes later
   * @return the answer; it must complete, at the latest soon after the deadline, for it holds one
   *     of the asker's slots here until then. It has at most {@link
   *     RaftNodeConfig#peerMessageBytesMax} bytes. A failed future reaches the asker as a {@link
   *     RaftFailure} with the message of its cause
   */
  CompletableFuture<byte[]> answer(String from, byte[] question, long deadlineNs);
}
