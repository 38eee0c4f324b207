package dev.tallygate.server;

import dev.tallygate.raft.PeerHandler;
import dev.tallygate.raft.Proposal;
import dev.tallygate.raft.ProposalFailure;
import dev.tallygate.server.grpc.Consensus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A consensus whose answers a test gives by hand. One thread. */
final class FakeConsensus implements Consensus {
  final Map<String, CompletableFuture<byte[]>> asked = new HashMap<>();
  final List<CompletableFuture<Long>> readIndexes = new ArrayList<>();
  @Nullable String leader;
  long term = 1;

  @Override
  public void propose(Proposal proposal) {
    proposal.failed(ProposalFailure.NOT_LEADER);
  }

  @Override
  public CompletableFuture<Long> confirm() {
    return new CompletableFuture<>();
  }

  @Override
  public CompletableFuture<Long> readIndex() {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    readIndexes.add(answer);
    return answer;
  }

  @Override
  public @Nullable String leaderId() {
    return leader;
  }

  @Override
  public long term() {
    return term;
  }

  @Override
  public boolean isLeaderReady() {
    return false;
  }

  @Override
  public void handle(int kind, PeerHandler handler) {}

  @Override
  public CompletableFuture<byte[]> ask(String peerId, int kind, byte[] question, long timeoutMs) {
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    asked.put(peerId, answer);
    return answer;
  }
}
