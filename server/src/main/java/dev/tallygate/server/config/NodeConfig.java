package dev.tallygate.server.config;

import dev.tallygate.raft.RaftNodeConfig;
import java.util.List;
import java.util.UUID;

/**
 * The whole configuration of one node, valid and immutable.
 *
 * @param nodeId one of the peers
 * @param clusterId the same on every node, and never that of another cluster
 * @param raft consensus, made of {@code raft.*} and of the other parts
 */
public record NodeConfig(
    String nodeId,
    UUID clusterId,
    StorageConfig storage,
    List<PeerConfig> peers,
    ListenersConfig listeners,
    LimitsConfig limits,
    BoundsConfig bounds,
    ClockConfig clock,
    HealthConfig health,
    MetricsConfig metrics,
    TracesConfig traces,
    RaftNodeConfig raft) {

  public NodeConfig {
    peers = List.copyOf(peers);
    String self = nodeId;
    new Faults("")
        .check(
            "peers",
            !peers.isEmpty() && peers.size() <= 5,
            "`" + peers.size() + "` given, 1-5 allowed")
        .check(
            "peers",
            peers.stream().map(PeerConfig::id).distinct().count() == peers.size(),
            "an id occurs twice")
        .check(
            "node.id",
            peers.stream().anyMatch(peer -> peer.id().equals(self)),
            "`" + nodeId + "` is not among peers")
        .check(
            "peers",
            listeners.peer().tls() != null || peers.stream().allMatch(p -> p.peer().isLoopback()),
            "a `peer` address is not on loopback, and nodes speak plaintext on loopback only: give"
                + " `listeners.peer.tls`")
        .raise();
  }

  /** This node's entry in the list of peers. */
  public PeerConfig self() {
    return peer(nodeId);
  }

  /**
   * @throws IllegalArgumentException if no peer has the id
   */
  public PeerConfig peer(String id) {
    return peers.stream()
        .filter(peer -> peer.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("`" + id + "` is not among peers"));
  }
}
