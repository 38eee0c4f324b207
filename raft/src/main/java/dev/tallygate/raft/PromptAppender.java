package dev.tallygate.raft;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.jspecify.annotations.Nullable;

/**
 * Ratis' sender of entries to one follower, which also tells it soon of a commit that no entry
 * follows. Lives as long as this node leads; all but construction is on its own thread.
 */
final class PromptAppender extends GrpcLogAppender {
  /*
   * Ratis wakes this thread on every commit, but sends an empty AppendEntries only when a heartbeat is due, which is also what
   * it asks to know how long it may sleep. So that is where the news of a commit is put in: a heartbeat is due when the
   * news is.
   */

  private final CommitNews news = new CommitNews();

  private PromptAppender(
      RaftServer.Division division, LeaderState leaderState, FollowerInfo follower) {
    super(division, leaderState, follower);
  }

  @Override
  public long getHeartbeatWaitTimeMs() {
    return Math.min(super.getHeartbeatWaitTimeMs(), newsWaitMs());
  }

  private long newsWaitMs() {
    // An entry to be sent says it too, and a follower that is silent need not be told in a hurry.
    if (hasAppendEntries() || isSilent()) return CommitNews.NEVER;
    long waitMs = news.waitMs(getRaftLog().getLastCommittedIndex(), System.nanoTime());
    // An empty message beside an entry on its way names no entry before it, and so says nothing.
    return waitMs == 0 && hasPendingDataRequests() ? CommitNews.WAIT_MS : waitMs;
  }

  private boolean isSilent() {
    return getFollower().getLastRpcResponseTime().elapsedTimeMs()
        > getServer().properties().minRpcTimeoutMs();
  }

  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
    AppendEntriesRequestProto request = super.newAppendEntriesRequest(callId, heartbeat);
    if (request != null) news.said(request.getLeaderCommit());
    return request;
  }

  /** How Ratis is told to use these; made by its name. */
  static final class Type implements RpcType {
    @Override
    public String name() {
      return Type.class.getName();
    }

    @Override
    public RpcFactory newFactory(Parameters parameters) {
      return new Factory(parameters);
    }
  }

  private static final class Factory extends GrpcFactory {
    private Factory(Parameters parameters) {
      super(parameters);
    }

    @Override
    public LogAppender newLogAppender(
        RaftServer.Division division, LeaderState leaderState, FollowerInfo follower) {
      return new PromptAppender(division, leaderState, follower);
    }
  }
}
