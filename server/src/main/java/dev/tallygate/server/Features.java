package dev.tallygate.server;

import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.NodeFeature;
import java.util.List;

/** The packages of services that a node runs, in one place. */
final class Features {
  private Features() {}

  static List<NodeFeature> of(NodeContext context) {
    return List.of();
  }
}
