package dev.tallygate.raft;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** Translates our configuration into that of Ratis, with the settings that were measured. */
final class RatisSettings {

  /** Most bytes of one entry; what one AppendEntries may carry leaves room for it. */
  static final int ENTRY_BYTES_MAX = 3 << 20;

  private static final int APPEND_BYTES_MAX = 4 << 20;
  private static final int WRITE_BUFFER_BYTES = 8 << 20;
  private static final int SNAPSHOT_CHUNK_BYTES = 4 << 20;
  private static final int MESSAGE_BYTES_MAX = 32 << 20;
  private static final int PURGE_GAP_MAX = 1_024;

  private RatisSettings() {}

  static RaftGroup group(RaftNodeConfig config) {
    List<RaftPeer> peers =
        config.peers().stream()
            .map(
                p ->
                    RaftPeer.newBuilder()
                        .setId(p.id())
                        .setAddress(p.host() + ":" + p.port())
                        .build())
            .toList();
    return RaftGroup.valueOf(RaftGroupId.valueOf(config.clusterId()), peers);
  }

  static RaftProperties properties(RaftNodeConfig config, Path raftDir) {
    RaftProperties p = new RaftProperties();
    RaftConfigKeys.Rpc.setType(p, new PromptAppender.Type());
    RaftServerConfigKeys.setStorageDir(p, List.of(raftDir.toFile()));
    log(p, config);
    snapshots(p);
    timers(p, config);
    network(p, config);
    return p;
  }

  static Parameters parameters(RaftNodeConfig config, GrpcServices.Customizer customizer) {
    Parameters parameters = new Parameters();
    GrpcConfigKeys.Server.setServicesCustomizer(parameters, customizer);
    PeerTls tls = config.tls();
    if (tls != null) {
      GrpcConfigKeys.TLS.setConf(parameters, new GrpcTlsConfig(tls.keys(), tls.trust(), true));
    }
    return parameters;
  }

  private static void log(RaftProperties p, RaftNodeConfig config) {
    RaftServerConfigKeys.Log.setSegmentSizeMax(p, size(config.segmentBytesMax()));
    RaftServerConfigKeys.Log.setPreallocatedSize(p, size(config.preallocatedBytes()));
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(p, 3);
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(p, size(config.logBytesCacheMax()));
    RaftServerConfigKeys.Log.setWriteBufferSize(p, size(WRITE_BUFFER_BYTES));
    // One fsync for all that waits: the batch on the disk grows by itself while an fsync is under
    // way.
    RaftServerConfigKeys.Log.setForceSyncNum(p, 4_096);
    // Both would count bytes as durable that are not.
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(p, false);
    RaftServerConfigKeys.Log.setAsyncFlushEnabled(p, false);
    // Its entries tell followers the commit index one heartbeat earlier, for a second fsync per
    // entry.
    RaftServerConfigKeys.Log.setLogMetadataEnabled(p, false);
    // The other policy cuts the log at a flipped bit, acknowledged entries behind it included.
    RaftServerConfigKeys.Log.setCorruptionPolicy(
        p, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(p, size(APPEND_BYTES_MAX));
    RaftServerConfigKeys.Log.Appender.setWaitTimeMin(p, millis(0));
    // Otherwise one node that is down keeps the log from ever being purged.
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, true);
    RaftServerConfigKeys.Log.setPurgePreservationLogNum(p, config.preservedEntries());
    RaftServerConfigKeys.Log.setPurgeGap(
        p, Math.clamp(config.preservedEntries() / 2, 1, PURGE_GAP_MAX));
  }

  private static void snapshots(RaftProperties p) {
    // We take them ourselves: the built-in trigger stops apply while a snapshot is written.
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, false);
    RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(p, false);
    RaftServerConfigKeys.Snapshot.setTriggerWhenRemoveEnabled(p, false);
    RaftServerConfigKeys.Snapshot.setCreationGap(p, 1);
    // The leader sends the file: the other mode, a notification, can repeat for ever in 3.3.0
    // (RATIS-2500).
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(p, true);
    RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(p, size(SNAPSHOT_CHUNK_BYTES));
  }

  private static void timers(RaftProperties p, RaftNodeConfig config) {
    int min = config.electionTimeoutMinMs();
    RaftServerConfigKeys.Rpc.setTimeoutMin(p, millis(min));
    RaftServerConfigKeys.Rpc.setTimeoutMax(p, millis(config.electionTimeoutMaxMs()));
    // A node that has just started asks earlier; the pre-vote keeps it from disturbing a leader.
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(p, millis(Math.max(1, min / 4)));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(p, millis(min));
    RaftServerConfigKeys.LeaderElection.setPreVote(p, true);
    // A leader that lost touch with its majority, or slept, steps down, and stands again after the
    // same time. The default of ten seconds would keep two nodes, of which one had lost touch, from
    // electing anyone.
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        p, millis(config.electionTimeoutMaxMs()));
    RaftServerConfigKeys.Notification.setNoLeaderTimeout(p, millis(config.noLeaderMs()));
    // A machine that was asleep for a weekend goes on; what its pause means for leases is the
    // core's business.
    RaftServerConfigKeys.setCloseThreshold(p, TimeDuration.valueOf(365, TimeUnit.DAYS));
    RaftServerConfigKeys.Read.setOption(p, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
    // A lease has a window in which two nodes may believe to lead.
    RaftServerConfigKeys.Read.setLeaderLeaseEnabled(p, false);
    // Request ids are looked up in apply; this cache only answers Ratis' own retries, of which
    // there are none.
    RaftServerConfigKeys.RetryCache.setExpiryTime(p, TimeDuration.valueOf(10, TimeUnit.SECONDS));
  }

  private static void network(RaftProperties p, RaftNodeConfig config) {
    RaftNodeConfig.Peer self = config.self();
    String bind = self.bind();
    if (bind == null) {
      GrpcConfigKeys.Server.setHost(p, self.host());
      GrpcConfigKeys.Server.setPort(p, self.port());
    } else {
      int colon = bind.lastIndexOf(':');
      GrpcConfigKeys.Server.setHost(p, bind.substring(0, colon));
      GrpcConfigKeys.Server.setPort(p, Integer.parseInt(bind.substring(colon + 1)));
    }
    GrpcConfigKeys.setMessageSizeMax(p, size(MESSAGE_BYTES_MAX));
    GrpcConfigKeys.Server.setWorkerGroupSize(p, 1);
    GrpcConfigKeys.Server.setBossGroupSize(p, 1);
    GrpcConfigKeys.Client.setWorkerGroupSize(p, 1);
  }

  private static SizeInBytes size(long bytes) {
    return SizeInBytes.valueOf(bytes);
  }

  private static TimeDuration millis(long ms) {
    return TimeDuration.valueOf(ms, TimeUnit.MILLISECONDS);
  }
}
