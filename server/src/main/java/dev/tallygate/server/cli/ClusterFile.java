package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.server.config.FreePorts;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What a cluster on this machine was made with: {@code cluster.json} in its folder.
 *
 * @param tls whether nodes and callers use the certificates of {@link #trial}
 * @param sets configuration keys that differ from the defaults, by dotted path
 * @param jvmOptions further options of each node's JVM
 */
record ClusterFile(
    UUID clusterId,
    List<Member> members,
    boolean tls,
    Map<String, String> sets,
    List<String> jvmOptions) {

  /** Addresses of one node, all on loopback. */
  record Member(String id, String data, String admin, String peer, String http) {}

  ClusterFile {
    members = List.copyOf(members);
    sets = new LinkedHashMap<>(sets);
    jvmOptions = List.copyOf(jvmOptions);
  }

  static Path path(Path dir) {
    return dir.resolve("cluster.json");
  }

  /** The certificates of a cluster with TLS. */
  static TrialFolder trial(Path dir) {
    return new TrialFolder(dir.resolve("tls"));
  }

  /** With what callers reach the nodes of the cluster in a folder. */
  ChannelCredentials credentials(Path dir) {
    return tls ? trial(dir).callers() : InsecureChannelCredentials.create();
  }

  /** Chooses an id and free ports for a new cluster. */
  static ClusterFile choose(int nodes, boolean tls) throws IOException {
    List<Integer> ports = FreePorts.find(4 * nodes);
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      String[] at = new String[4];
      for (int j = 0; j < at.length; j++) at[j] = "127.0.0.1:" + ports.get(4 * i + j);
      members.add(new Member("node-" + (i + 1), at[0], at[1], at[2], at[3]));
    }
    return new ClusterFile(UUID.randomUUID(), members, tls, Map.of(), List.of());
  }

  ClusterFile with(Map<String, String> moreSets, List<String> options) {
    Map<String, String> all = new LinkedHashMap<>(sets);
    all.putAll(moreSets);
    return new ClusterFile(clusterId, members, tls, all, options.isEmpty() ? jvmOptions : options);
  }

  /**
   * @throws CliException if the folder holds no cluster
   */
  static ClusterFile read(Path dir) {
    Path file = path(dir);
    try {
      JsonNode root = Json.parse(Files.readString(file));
      List<Member> members = new ArrayList<>();
      for (JsonNode node : root.get("nodes")) {
        members.add(
            new Member(
                node.get("id").asText(),
                node.get("data").asText(),
                node.get("admin").asText(),
                node.get("peer").asText(),
                node.get("http").asText()));
      }
      Map<String, String> sets = new LinkedHashMap<>();
      root.get("sets").properties().forEach(set -> sets.put(set.getKey(), set.getValue().asText()));
      List<String> options = new ArrayList<>();
      root.get("jvm-options").forEach(option -> options.add(option.asText()));
      return new ClusterFile(
          UUID.fromString(root.get("cluster").asText()),
          members,
          // Folders of earlier releases do not say.
          root.path("tls").asBoolean(),
          sets,
          options);
    } catch (IOException | RuntimeException e) {
      throw new CliException(
          CliExit.FAILED,
          "`"
              + file
              + "` cannot be read: make a cluster with `tallygate cluster up --dir "
              + dir
              + "`");
    }
  }

  void write(Path dir) throws IOException {
    ObjectNode root = Json.object();
    root.put("cluster", clusterId.toString());
    var nodes = root.putArray("nodes");
    for (Member member : members) {
      nodes
          .addObject()
          .put("id", member.id())
          .put("data", member.data())
          .put("admin", member.admin())
          .put("peer", member.peer())
          .put("http", member.http());
    }
    root.put("tls", tls);
    ObjectNode set = root.putObject("sets");
    sets.forEach(set::put);
    var options = root.putArray("jvm-options");
    jvmOptions.forEach(options::add);
    Path draft = dir.resolve("cluster.json.new");
    Files.writeString(draft, Json.pretty(root) + "\n");
    Files.move(
        draft, path(dir), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
