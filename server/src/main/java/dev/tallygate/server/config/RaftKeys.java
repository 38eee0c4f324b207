package dev.tallygate.server.config;

import static java.util.Objects.requireNonNull;

import dev.tallygate.raft.PeerTls;
import dev.tallygate.raft.RaftNodeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys {@code raft.*}. Consensus checks their ranges itself and names one fault at a time; this
 * class takes away what was refused and asks again, so that all faults are named.
 */
final class RaftKeys {
  private static final Map<String, ObjIntConsumer<RaftNodeConfig.Builder>> INTEGERS =
      new LinkedHashMap<>();
  private static final String SNAPSHOT_LOG_BYTES = "snapshot-log-bytes";

  static {
    key("election-timeout-min-ms", (b, v) -> b.electionTimeoutMinMs = v);
    key("election-timeout-max-ms", (b, v) -> b.electionTimeoutMaxMs = v);
    key("no-leader-ms", (b, v) -> b.noLeaderMs = v);
    key("confirm-timeout-ms", (b, v) -> b.confirmTimeoutMs = v);
    key("command-bytes-max", (b, v) -> b.commandBytesMax = v);
    key("batch-commands-max", (b, v) -> b.batchCommandsMax = v);
    key("batch-bytes-max", (b, v) -> b.batchBytesMax = v);
    key("entries-in-flight-max", (b, v) -> b.entriesInFlightMax = v);
    key("full-entries-in-flight-max", (b, v) -> b.fullEntriesInFlightMax = v);
    key("batch-age-ms", (b, v) -> b.batchAgeMs = v);
    key("batch-deadline-ms", (b, v) -> b.batchDeadlineMs = v);
    key("queue-wait-ms", (b, v) -> b.queueWaitMs = v);
    key("pending-commands-max", (b, v) -> b.pendingCommandsMax = v);
    key("pending-bytes-max", (b, v) -> b.pendingBytesMax = v);
    key("segment-bytes-max", (b, v) -> b.segmentBytesMax = v);
    key("preallocated-bytes", (b, v) -> b.preallocatedBytes = v);
    key("log-bytes-cache-max", (b, v) -> b.logBytesCacheMax = v);
    key("snapshot-entries", (b, v) -> b.snapshotEntries = v);
    key("preserved-entries", (b, v) -> b.preservedEntries = v);
    key("peer-message-bytes-max", (b, v) -> b.peerMessageBytesMax = v);
    key("peer-questions-max", (b, v) -> b.peerQuestionsMax = v);
  }

  private final Section section;
  private final FaultList faults;
  private final boolean mayFormat;
  private final Map<String, Long> values = new LinkedHashMap<>();

  RaftKeys(Section section, FaultList faults, boolean mayFormat) {
    this.section = section;
    this.faults = faults;
    this.mayFormat = mayFormat;
  }

  private static void key(String name, ObjIntConsumer<RaftNodeConfig.Builder> set) {
    INTEGERS.put(name, set);
  }

  void read() {
    List<String> names = new ArrayList<>(INTEGERS.keySet());
    names.add(SNAPSHOT_LOG_BYTES);
    for (String name : names) {
      if (section.has(name)) values.put(name, section.number(name, 0));
    }
    section.refuseUnknown();
  }

  /** Checks the ranges alone, for a file in which the rest cannot be used. */
  void check() {
    List<RaftNodeConfig.Peer> peers = List.of(new RaftNodeConfig.Peer("n", "localhost", 1));
    build("n", new UUID(0, 0), peers, Path.of("/"), null);
  }

  /**
   * @throws IllegalArgumentException if consensus refuses anything but one of these keys
   */
  RaftNodeConfig build(
      String nodeId, UUID clusterId, Path dir, List<PeerConfig> peers, ListenerConfig listener) {
    HostPort bind = listener.address();
    List<RaftNodeConfig.Peer> voters = new ArrayList<>();
    for (PeerConfig peer : peers) {
      HostPort at = peer.peer();
      boolean bound = peer.id().equals(nodeId) && !bind.equals(at);
      voters.add(
          new RaftNodeConfig.Peer(peer.id(), at.host(), at.port(), bound ? bind.toString() : null));
    }
    return build(nodeId, clusterId, voters, dir, listener.tls());
  }

  private RaftNodeConfig build(
      String nodeId,
      UUID clusterId,
      List<RaftNodeConfig.Peer> peers,
      Path dir,
      @Nullable ListenerTls tls) {
    Supplier<RaftNodeConfig> trial =
        () -> RaftNodeConfig.of(nodeId, clusterId, peers, dir, builder -> set(builder, tls));
    while (true) {
      try {
        return trial.get();
      } catch (IllegalArgumentException e) {
        if (!takeAway(String.valueOf(e.getMessage()), trial)) throw e;
      }
    }
  }

  private void set(RaftNodeConfig.Builder builder, @Nullable ListenerTls tls) {
    builder.mayFormat = mayFormat;
    // Never without a trust manager: peers are let in unseen by nobody.
    if (tls != null) builder.tls = new PeerTls(tls.keys(), requireNonNull(tls.clients()));
    values.forEach(
        (name, value) -> {
          ObjIntConsumer<RaftNodeConfig.Builder> set = INTEGERS.get(name);
          if (set == null) builder.snapshotLogBytes = value;
          else set.accept(builder, (int) Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
        });
  }

  /** Notes the fault and drops the key that is to blame; false if it is none of ours. */
  private boolean takeAway(String message, Supplier<RaftNodeConfig> trial) {
    for (String name : List.copyOf(values.keySet())) {
      String prefix = "raft." + name + " ";
      if (message.startsWith(prefix)) {
        values.remove(name);
        faults.add(section.lineOf(name), "raft." + name, message.substring(prefix.length()));
        return true;
      }
    }
    if (!message.startsWith("raft.")) return false;
    // A bound that follows from another key was refused at its default.
    for (Map.Entry<String, Long> key : List.copyOf(values.entrySet())) {
      String name = key.getKey();
      values.remove(name);
      if (!message.equals(refusal(trial))) {
        faults.add(section.lineOf(name), "raft." + name, "with it, " + message);
        return true;
      }
      values.put(name, key.getValue());
    }
    return false;
  }

  private static String refusal(Supplier<RaftNodeConfig> trial) {
    try {
      var unused = trial.get();
      return "";
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
