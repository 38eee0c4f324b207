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
  private static final Map<String, Object> INSECURE = Map.of("insecure", true);

  private NodeYaml() {}

  /**
   * @param trial the certificates of a cluster with TLS; not looked at without
   */
  static String of(ClusterFile cluster, Member self, Path storageDir, TrialFolder trial) {
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
    Map<String, Object> callers = cluster.tls() ? callers(self, trial) : INSECURE;
    listeners.put("data", listener(self.data(), callers));
    listeners.put("admin", listener(self.admin(), callers));
    listeners.put("peer", listener(self.peer(), cluster.tls() ? peers(self, trial) : INSECURE));
    listeners.put("http", listener(self.http(), INSECURE));
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

  private static Map<String, Object> listener(String address, Map<String, Object> protection) {
    Map<String, Object> listener = map("address", address);
    listener.putAll(protection);
    return listener;
  }

  private static Map<String, Object> callers(Member self, TrialFolder trial) {
    Map<String, Object> tls = own(self, trial);
    tls.put("client-auth", "require");
    tls.put("client-ca", trial.certificate(TrialFolder.CA).toString());
    return Map.of("tls", tls);
  }

  private static Map<String, Object> peers(Member self, TrialFolder trial) {
    Map<String, Object> tls = own(self, trial);
    tls.put("ca", trial.certificate(TrialFolder.CA).toString());
    return Map.of("tls", tls);
  }

  private static Map<String, Object> own(Member self, TrialFolder trial) {
    Map<String, Object> tls = map("certificate", trial.certificate(self.id()).toString());
    tls.put("key", trial.key(self.id()).toString());
    return tls;
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
