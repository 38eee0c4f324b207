package dev.tallygate.server.grpc;

import io.grpc.Context;

/**
 * What a call that carries many adds to the calls in flight of its listener. In the context of
 * calls whose method says by its name that they do; given back when the call ends.
 */
public interface InFlight {
  Context.Key<InFlight> KEY = Context.key("tallygate-in-flight");

  /** How the name of such a method ends. */
  String SUFFIX = "Batch";

  /**
   * Counts what the call carries, once and before any work.
   *
   * @return null where it is counted; else why it is refused, and nothing was counted
   */
  @org.jspecify.annotations.Nullable GrpcError add(int calls);
}
