package dev.tallygate.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tallygate.server.cli.ClusterFile.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the configuration of one node of a cluster on this machine. */
final class NodeYaml {
  private NodeYaml() {}

  static String of(ClusterFile cluster, Member self, Path storageDir) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("node", map("id", self.id()));
    root.put("cluster", map("id", cluster.clusterId().toString()));
    root.put("storage", map("dir", storageDir.toString()));
    List<Object> peers = new ArrayList<>();
    for (Member member : cluster.members()) {
      Map<String, Object> peer = map("id", member.id());
      peer.put("peer", member.peer());
      peer.put("data", member.data());
      peer.put("admin", member.admin());
      peers.add(peer);
    }
    root.put("peers", peers);
    Map<String, Object> listeners = new LinkedHashMap<>();
    listeners.put("data", listener(self.data()));
    listeners.put("admin", listener(self.admin()));
    listeners.put("peer", listener(self.peer()));
    listeners.put("http", listener(self.http()));
    root.put("listeners", listeners);
    cluster.sets().forEach((path, value) -> set(root, path, value.replace("{node}", self.id())));
    try {
      return new YAMLMapper().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, Object> map(String key, Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(key, value);
    return map;
  }

  private static Map<String, Object> listener(String address) {
    Map<String, Object> listener = map("address", address);
    listener.put("insecure", true);
    return listener;
  }

  @SuppressWarnings("unchecked") // The inner maps are made here.
  private static void set(Map<String, Object> root, String path, String value) {
    Map<String, Object> at = root;
    String rest = path;
    for (int dot = rest.indexOf('.'); dot >= 0; dot = rest.indexOf('.')) {
      Object inner = at.computeIfAbsent(rest.substring(0, dot), key -> new LinkedHashMap<>());
      if (!(inner instanceof Map)) {
        throw new CliException(CliExit.USAGE, "--set `" + path + "`: `" + rest + "` holds no keys");
      }
      at = (Map<String, Object>) inner;
      rest = rest.substring(dot + 1);
    }
    at.put(rest, value);
  }
}
