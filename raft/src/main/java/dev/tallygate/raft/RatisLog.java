package dev.tallygate.raft;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * Appends batches to the log of a Ratis division in this process. Lives as long as the division;
 * any thread.
 */
final class RatisLog implements EntryLog {

  /** Carries the batch itself beside its bytes, so that apply finds where its results go. */
  record BatchMessage(Batch batch, ByteString content) implements Message {
    @Override
    public ByteString getContent() {
      return content;
    }
  }

  private final RaftServer.Division division;
  private final RaftClientAsynchronousProtocol submit;
  private final ClientId clientId = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();

  /**
   * The last term in which this node was seen to be a leader that is ready. It leads a term at most
   * once, and once ready it is ready for as long as it leads.
   */
  private volatile long readyTerm = -1;

  RatisLog(RaftServer server, RaftServer.Division division) {
    this(division, submitter(server, division));
  }

  RatisLog(RaftServer.Division division, RaftClientAsynchronousProtocol submit) {
    this.division = division;
    this.submit = submit;
  }

  /**
   * The shortest way in. The division of Ratis 3.3 takes requests itself, on the caller's thread,
   * although its public type does not say so; the server's own method hops to another thread and
   * waits for it.
   */
  private static RaftClientAsynchronousProtocol submitter(
      RaftServer server, RaftServer.Division division) {
    return division instanceof RaftClientAsynchronousProtocol direct ? direct : server;
  }

  boolean isDirect() {
    return submit.equals(division);
  }

  @Override
  public long appendableTerm() {
    DivisionInfo info = division.getInfo();
    // Read before the term: the role of leader ends before the term moves on.
    if (!info.isLeader()) return -1;
    long term = info.getCurrentTerm();
    if (term == readyTerm) return term;
    if (!info.isLeaderReady() || info.getCurrentTerm() != term) return -1;
    readyTerm = term;
    return term;
  }

  @Override
  public ProposalFailure refusal() {
    DivisionInfo info = division.getInfo();
    if (!info.isAlive()) {
      return ProposalFailure.STOPPED;
    }
    return info.isLeader() && !info.isLeaderReady()
        ? ProposalFailure.NOT_READY
        : ProposalFailure.NOT_LEADER;
  }

  @Override
  public CompletableFuture<?> append(Batch batch) {
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(clientId)
            .setServerId(division.getId())
            .setGroupId(division.getGroup().getGroupId())
            .setCallId(callIds.incrementAndGet())
            .setMessage(new BatchMessage(batch, UnsafeByteOperations.unsafeWrap(batch.entry())))
            .setType(RaftClientRequest.writeRequestType())
            .build();
    try {
      return submit.submitClientRequestAsync(request).thenApply(RatisLog::successOf);
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static RaftClientReply successOf(RaftClientReply reply) {
    if (!reply.isSuccess()) {
      throw new CompletionException(reply.getException());
    }
    return reply;
  }
}
