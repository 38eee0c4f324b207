package dev.tallygate.raft;

import java.io.IOException;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is asked of Ratis beside appending: hand over the lead, wake apply, purge. Any thread. */
final class RatisAdmin {
  private static final Logger LOG = LoggerFactory.getLogger(RatisAdmin.class);
  private static final long WAKE_TIMEOUT_MS = 10_000;

  private final RaftServer server;
  private final RaftServer.Division division;
  private final ClientId clientId = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();
  private final AtomicLong purged = new AtomicLong(-1);

  RatisAdmin(RaftServer server, RaftServer.Division division) {
    this.server = server;
    this.division = division;
  }

  CompletableFuture<Void> transfer(@Nullable String peerId, long timeoutMs) {
    String next = peerId != null ? peerId : liveliestFollower();
    if (next == null) {
      return refused("there is no follower to hand the lead to");
    }
    try {
      return server
          .transferLeadershipAsync(
              new TransferLeadershipRequest(
                  clientId,
                  division.getId(),
                  groupId(),
                  callIds.incrementAndGet(),
                  RaftPeerId.valueOf(next),
                  timeoutMs))
          .thenAccept(RatisAdmin::requireSuccess);
    } catch (IOException e) {
      return refused(String.valueOf(e.getMessage()));
    }
  }

  /** Ratis calls the state machine's takeSnapshot on the apply thread, within 100 ms. */
  void wakeApply() {
    var request =
        SnapshotManagementRequest.newCreate(
            clientId, division.getId(), groupId(), callIds.incrementAndGet(), WAKE_TIMEOUT_MS, 1);
    Failures.onEnd(
        server.snapshotManagementAsync(request),
        (reply, failure) -> {
          if (failure != null) {
            LOG.warn("{}: no snapshot can be taken now", division.getId(), failure);
          }
        });
  }

  /** Lets the log forget entries up to the index, except the preserved ones; cheap when it did. */
  void purge(long index) {
    if (index > purged.getAndAccumulate(index, Math::max)) {
      Failures.onEnd(
          division.getRaftLog().purge(index),
          (upTo, failure) -> {
            if (failure != null) {
              LOG.warn("{}: cannot purge up to {}", division.getId(), index, failure);
            }
          });
    }
  }

  private @Nullable String liveliestFollower() {
    return division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
        .min(Comparator.comparingLong(ServerRpcProto::getLastRpcElapsedTimeMs))
        .map(follower -> follower.getId().getId().toStringUtf8())
        .orElse(null);
  }

  private RaftGroupId groupId() {
    return division.getGroup().getGroupId();
  }

  private static void requireSuccess(RaftClientReply reply) {
    if (!reply.isSuccess()) {
      throw new RaftFailure(
          RaftFailure.Reason.REFUSED, String.valueOf(reply.getException().getMessage()));
    }
  }

  private static <T> CompletableFuture<T> refused(String message) {
    return CompletableFuture.failedFuture(new RaftFailure(RaftFailure.Reason.REFUSED, message));
  }
}
