package dev.tallygate.server;

import dev.tallygate.proto.v1.ClusterServiceGrpc.ClusterServiceImplBase;
import dev.tallygate.proto.v1.Peer;
import dev.tallygate.proto.v1.Role;
import dev.tallygate.proto.v1.SnapshotRequest;
import dev.tallygate.proto.v1.SnapshotResponse;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import dev.tallygate.proto.v1.TableStatus;
import dev.tallygate.proto.v1.TransferLeadershipRequest;
import dev.tallygate.proto.v1.TransferLeadershipResponse;
import dev.tallygate.raft.RaftFailure;
import dev.tallygate.raft.RaftNode;
import dev.tallygate.raft.RaftRole;
import dev.tallygate.raft.RaftStatus;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.config.NodeConfig;
import dev.tallygate.server.config.PeerConfig;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.LeaderHints;
import io.grpc.stub.StreamObserver;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.function.LongUnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers operators about the cluster. Admin listener only. */
final class ClusterService extends ClusterServiceImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterService.class);

  private final NodeConfig config;
  private final RaftNode raft;
  private final View view;
  private final LongUnaryOperator digestAt;
  private final Freshness freshness;
  private final RatisFsync fsync;
  private final LeaderHints leaders;

  ClusterService(
      NodeConfig config,
      RaftNode raft,
      View view,
      LongUnaryOperator digestAt,
      Freshness freshness,
      RatisFsync fsync,
      LeaderHints leaders) {
    this.config = config;
    this.raft = raft;
    this.view = view;
    this.digestAt = digestAt;
    this.freshness = freshness;
    this.fsync = fsync;
    this.leaders = leaders;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> call) {
    RaftStatus now = raft.status();
    String leader = now.leaderId();
    // Index first, digest of that index after: what apply has published meanwhile does not matter.
    long index = view.appliedIndex();
    StatusResponse.Builder answer =
        StatusResponse.newBuilder()
            .setNodeId(config.nodeId())
            .setClusterId(config.clusterId().toString())
            .setRole(role(now.role()))
            .setLeaderId(leader == null ? "" : leader)
            .setTerm(now.term())
            .setAppliedIndex(Math.max(0, index))
            .setCommitIndex(Math.max(0, now.commitIndex()))
            .setSnapshotIndex(Math.max(0, now.snapshotIndex()))
            .setDigest(String.format(Locale.ROOT, "%016x", digestAt.applyAsLong(index)))
            .setAgreedIndex(view.agreedIndex())
            .setStalenessMs(freshness.stalenessMs())
            .setFeatureLevel(view.featureLevel())
            .setVersion(Version.text())
            .setFsync(true)
            .setFsyncCount(fsync.count())
            .setLedgerBytes(view.ledgerBytes())
            .setElapsedUs(view.elapsedUs())
            .setCivilUs(view.civilUs());
    config.peers().forEach(peer -> answer.addPeers(peer(peer)));
    for (TableId id : TableId.values()) {
      answer.addTables(
          TableStatus.newBuilder()
              .setTable(id.name().toLowerCase(Locale.ROOT))
              .setRows(view.rows(id))
              .setRowsMax(view.bound(id)));
    }
    call.onNext(answer.build());
    call.onCompleted();
  }

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> call) {
    String to = request.getToNodeId();
    if (!to.isEmpty() && config.peers().stream().noneMatch(peer -> peer.id().equals(to))) {
      call.onError(GrpcErrors.invalid("to_node_id", "`" + to + "` is not a voter").exception());
      return;
    }
    var unused =
        raft.transferLeadership(to.isEmpty() ? null : to)
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    call.onError(error(failure).exception());
                    return;
                  }
                  String leader = raft.leaderId();
                  call.onNext(
                      TransferLeadershipResponse.newBuilder()
                          .setLeaderId(leader == null ? to : leader)
                          .build());
                  call.onCompleted();
                });
  }

  @Override
  public void snapshot(SnapshotRequest request, StreamObserver<SnapshotResponse> call) {
    var unused =
        raft.snapshot()
            .whenComplete(
                (index, failure) -> {
                  if (failure != null) {
                    call.onError(error(failure).exception());
                    return;
                  }
                  call.onNext(SnapshotResponse.newBuilder().setIndex(Math.max(0, index)).build());
                  call.onCompleted();
                });
  }

  private GrpcError error(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof RaftFailure known) return GrpcErrors.of(known, leaders.now(), false);
    LOG.warn("an operator's call failed", cause);
    return GrpcErrors.internal("the call failed: see this node's log");
  }

  private static Peer peer(PeerConfig peer) {
    return Peer.newBuilder()
        .setNodeId(peer.id())
        .setPeerAddress(peer.peer().toString())
        .setDataAddress(peer.data().toString())
        .setAdminAddress(peer.admin().toString())
        .build();
  }

  private static Role role(RaftRole role) {
    return switch (role) {
      case LEADER -> Role.ROLE_LEADER;
      case FOLLOWER -> Role.ROLE_FOLLOWER;
      case CANDIDATE -> Role.ROLE_CANDIDATE;
      case LISTENER -> Role.ROLE_LISTENER;
      case NONE -> Role.ROLE_UNSPECIFIED;
    };
  }
}
