package dev.tallygate.server.config;

import java.util.HashSet;
import java.util.Set;

/**
 * The four listeners of a node.
 *
 * @param data decisions and licensing
 * @param admin catalog, ledger, cluster, and what changes limits or revokes
 * @param peer Raft and questions between nodes
 * @param http metrics and health for machines that speak no gRPC
 */
public record ListenersConfig(
    ListenerConfig data, ListenerConfig admin, ListenerConfig peer, ListenerConfig http) {
  public ListenersConfig {
    Faults faults = new Faults("listeners");
    Set<HostPort> taken = new HashSet<>();
    for (ListenerConfig listener : new ListenerConfig[] {data, admin, peer, http}) {
      faults.check(
          listener.name() + ".address",
          taken.add(listener.address()),
          "`" + listener.address() + "` is taken by another listener");
    }
    faults.raise();
  }
}
