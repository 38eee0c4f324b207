package dev.tallygate.server;

import java.nio.file.Path;

/** The configuration of a small single node. */
public final class TestConfig {
  private TestConfig() {}

  public static String yaml(Path dir, int data, int admin, int peer, int http) {
    return """
    node: {id: n1}
    cluster: {id: 3f0c9b52-6f0e-4f6f-9a55-9d2f1f3b7c01}
    storage: {dir: "%s"}
    peers:
      - {id: n1, peer: "127.0.0.1:%4$d", data: "127.0.0.1:%2$d", admin: "127.0.0.1:%3$d"}
    listeners:
      data: {address: "127.0.0.1:%2$d", insecure: true}
      admin: {address: "127.0.0.1:%3$d", insecure: true}
      peer: {address: "127.0.0.1:%4$d", insecure: true}
      http: {address: "127.0.0.1:%5$d", insecure: true}
    limits: {message-bytes-max: 4096, metadata-bytes-max: 4096}
    bounds:
      {pools-max: 1000, leases-max: 10000, requests-max: 60000, subjects-max: 10000, tenants-max: 10,
       entitlements-max: 100, digest-every: 8, tick-ms: 50}
    raft: {election-timeout-min-ms: 200, election-timeout-max-ms: 400, segment-bytes-max: 1048576,
           preallocated-bytes: 65536, log-bytes-cache-max: 1048576}
    """
        .replace("%s", "%1$s")
        .transform(
            text -> String.format(java.util.Locale.ROOT, text, dir, data, admin, peer, http));
  }
}
