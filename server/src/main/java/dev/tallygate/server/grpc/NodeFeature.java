package dev.tallygate.server.grpc;

import io.grpc.ServerServiceDefinition;
import java.util.List;

/**
 * What one package of services adds to a node. Made with a {@link NodeContext} before consensus
 * starts, which is when it registers its peer handlers.
 */
public interface NodeFeature {

  /** Services of the data listener. */
  List<ServerServiceDefinition> dataServices();

  /** Services of the admin listener. */
  List<ServerServiceDefinition> adminServices();

  /** Called once a second on the proposing executor, leader or not; must not block or throw. */
  default void everySecond() {}

  /** The node stops taking calls: end streams that would otherwise go on for ever. */
  default void drain() {}
}
