package dev.tallygate.raft;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an operator decides about one node's part in one Raft group. Immutable and validated; made
 * by {@link #of}.
 *
 * @param nodeId this node's id, one of the peers'
 * @param clusterId the cluster's id, also that of its Raft group
 * @param peers all voters, this node included, the same list on every node
 * @param storageDir holds the identity marker, the log and the snapshots
 * @param mayFormat whether an empty storage directory may become a new member's; false once the
 *     cluster exists, so that a lost disk is noticed
 * @param tls null for plaintext
 * @param electionTimeoutMinMs lower bound of the random election timeout
 * @param electionTimeoutMaxMs upper bound of it
 * @param noLeaderMs after which time without a leader {@link RaftListener#noLeader} is called
 * @param confirmTimeoutMs deadline of one round of {@link RaftNode#confirm}
 * @param commandBytesMax most bytes of one command
 * @param batchCommandsMax most commands in one entry
 * @param batchBytesMax most bytes in one entry
 * @param entriesInFlightMax entries appended and not yet applied while a batch is not full
 * @param fullEntriesInFlightMax the same once a full batch, or one older than {@code batchAgeMs},
 *     waits
 * @param batchAgeMs after which a waiting batch counts as full; 0 for never
 * @param batchDeadlineMs after which the commands of an entry in flight end as unknown
 * @param queueWaitMs after which a command that is still in the queue ends as expired
 * @param pendingCommandsMax most commands accepted and unanswered, above which they are refused
 * @param pendingBytesMax most bytes of them
 * @param segmentBytesMax size of one log segment
 * @param preallocatedBytes zeros written ahead in a segment
 * @param logBytesCacheMax memory for entries of closed segments
 * @param snapshotEntries a snapshot is taken after this many entries; 0 for never by itself
 * @param snapshotLogBytes or after this many bytes of entries; 0 for never
 * @param preservedEntries entries kept in the log behind the older snapshot, for followers that lag
 * @param peerMessageBytesMax most bytes of one question or answer between nodes
 * @param peerQuestionsMax most questions on the way to one peer
 */
public record RaftNodeConfig(
    String nodeId,
    UUID clusterId,
    List<Peer> peers,
    Path storageDir,
    boolean mayFormat,
    @Nullable PeerTls tls,
    int electionTimeoutMinMs,
    int electionTimeoutMaxMs,
    int noLeaderMs,
    int confirmTimeoutMs,
    int commandBytesMax,
    int batchCommandsMax,
    int batchBytesMax,
    int entriesInFlightMax,
    int fullEntriesInFlightMax,
    int batchAgeMs,
    int batchDeadlineMs,
    int queueWaitMs,
    int pendingCommandsMax,
    int pendingBytesMax,
    int segmentBytesMax,
    int preallocatedBytes,
    int logBytesCacheMax,
    int snapshotEntries,
    long snapshotLogBytes,
    int preservedEntries,
    int peerMessageBytesMax,
    int peerQuestionsMax) {

  /**
   * One voter.
   *
   * @param id at most 64 of {@code [A-Za-z0-9._-]}
   * @param host name or address where the others reach it
   * @param port of its peer listener
   * @param bind where it listens itself, {@code host:port}; null for host and port above
   */
  public record Peer(String id, String host, int port, @Nullable String bind) {
    public Peer {
      check(id.matches("[A-Za-z0-9._-]{1,64}"), "peers: id `%s` is not 1-64 of [A-Za-z0-9._-]", id);
      check(!host.isEmpty(), "peers: `%s` has no host", id);
      check(port >= 1 && port <= 65535, "peers: port `%s` of `%s` is not in 1-65535", port, id);
    }

    public Peer(String id, String host, int port) {
      this(id, host, port, null);
    }
  }

  static final int COMMANDS_MAX = 1_024;
  static final int VOTERS_MAX = 5;

  public RaftNodeConfig {
    peers = List.copyOf(peers);
    check(
        !peers.isEmpty() && peers.size() <= VOTERS_MAX,
        "peers: `%s` given, 1-5 allowed",
        peers.size());
    check(
        peers.stream().map(Peer::id).distinct().count() == peers.size(),
        "peers: an id occurs twice");
    String self = nodeId;
    check(
        peers.stream().anyMatch(p -> p.id().equals(self)),
        "node.id `%s` is not among peers",
        nodeId);
    range("raft.election-timeout-min-ms", electionTimeoutMinMs, 50, 60_000);
    range("raft.election-timeout-max-ms", electionTimeoutMaxMs, electionTimeoutMinMs + 1, 120_000);
    range("raft.no-leader-ms", noLeaderMs, 100, 600_000);
    range("raft.confirm-timeout-ms", confirmTimeoutMs, 10, 60_000);
    range("raft.command-bytes-max", commandBytesMax, 64, batchBytesMax);
    range("raft.batch-commands-max", batchCommandsMax, 1, COMMANDS_MAX);
    range("raft.batch-bytes-max", batchBytesMax, 4_096, RatisSettings.ENTRY_BYTES_MAX);
    range("raft.entries-in-flight-max", entriesInFlightMax, 1, 64);
    range("raft.full-entries-in-flight-max", fullEntriesInFlightMax, entriesInFlightMax, 64);
    range("raft.batch-age-ms", batchAgeMs, 0, 60_000);
    range("raft.batch-deadline-ms", batchDeadlineMs, 10, 600_000);
    range("raft.queue-wait-ms", queueWaitMs, 10, 600_000);
    range("raft.pending-commands-max", pendingCommandsMax, 1, 1 << 20);
    range("raft.pending-bytes-max", pendingBytesMax, commandBytesMax, 1 << 30);
    range("raft.segment-bytes-max", segmentBytesMax, 64 << 10, 1 << 30);
    range("raft.preallocated-bytes", preallocatedBytes, 4 << 10, segmentBytesMax);
    range("raft.log-bytes-cache-max", logBytesCacheMax, 1 << 20, 1 << 30);
    range("raft.snapshot-entries", snapshotEntries, 0, Integer.MAX_VALUE);
    range("raft.snapshot-log-bytes", snapshotLogBytes, 0, Long.MAX_VALUE);
    range("raft.preserved-entries", preservedEntries, 0, 10_000_000);
    range("raft.peer-message-bytes-max", peerMessageBytesMax, 4_096, 16 << 20);
    range("raft.peer-questions-max", peerQuestionsMax, 1, 1 << 20);
  }

  /** A configuration with the defaults, which suit small machines on one network. */
  public static RaftNodeConfig of(
      String nodeId, UUID clusterId, List<Peer> peers, Path storageDir, Consumer<Builder> changes) {
    Builder builder = new Builder(nodeId, clusterId, peers, storageDir);
    changes.accept(builder);
    return builder.build();
  }

  Peer self() {
    return peer(nodeId);
  }

  Peer peer(String id) {
    return peers.stream()
        .filter(p -> p.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("`" + id + "` is not among peers"));
  }

  private static void range(String key, long value, long min, long max) {
    check(value >= min && value <= max, "%s `%s` is not in %s-%s", key, value, min, max);
  }

  private static void check(boolean holds, String message, @Nullable Object... values) {
    if (!holds) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, message, values));
    }
  }

  /** The defaults, to be changed before {@link RaftNodeConfig#of} validates them. */
  public static final class Builder {
    private final String nodeId;
    private final UUID clusterId;
    private final List<Peer> peers;
    private final Path storageDir;
    public boolean mayFormat = true;
    public @Nullable PeerTls tls;
    public int electionTimeoutMinMs = 1_500;
    public int electionTimeoutMaxMs = 3_000;
    public int noLeaderMs = 5_000;
    public int confirmTimeoutMs = 1_000;
    public int commandBytesMax = 64 << 10;
    public int batchCommandsMax = COMMANDS_MAX;
    public int batchBytesMax = 1 << 20;
    public int entriesInFlightMax = 1;
    public int fullEntriesInFlightMax = 1;
    public int batchAgeMs = 0;
    public int batchDeadlineMs = 5_000;
    public int queueWaitMs = 5_000;
    public int pendingCommandsMax = 16_384;
    public int pendingBytesMax = 32 << 20;
    public int segmentBytesMax = 64 << 20;
    public int preallocatedBytes = 16 << 20;
    public int logBytesCacheMax = 64 << 20;
    public int snapshotEntries = 100_000;
    public long snapshotLogBytes = 1L << 30;
    public int preservedEntries = 2_000;
    public int peerMessageBytesMax = 1 << 20;
    public int peerQuestionsMax = 16_384;

    private Builder(String nodeId, UUID clusterId, List<Peer> peers, Path storageDir) {
      this.nodeId = nodeId;
      this.clusterId = clusterId;
      this.peers = peers;
      this.storageDir = storageDir;
    }

    private RaftNodeConfig build() {
      return new RaftNodeConfig(
          nodeId,
          clusterId,
          peers,
          storageDir,
          mayFormat,
          tls,
          electionTimeoutMinMs,
          electionTimeoutMaxMs,
          noLeaderMs,
          confirmTimeoutMs,
          commandBytesMax,
          batchCommandsMax,
          batchBytesMax,
          entriesInFlightMax,
          fullEntriesInFlightMax,
          batchAgeMs,
          batchDeadlineMs,
          queueWaitMs,
          pendingCommandsMax,
          pendingBytesMax,
          segmentBytesMax,
          preallocatedBytes,
          logBytesCacheMax,
          snapshotEntries,
          snapshotLogBytes,
          preservedEntries,
          peerMessageBytesMax,
          peerQuestionsMax);
    }
  }
}
