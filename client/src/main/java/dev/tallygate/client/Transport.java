package dev.tallygate.client;

import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/** Sends one attempt of one call to one node. Any thread. */
interface Transport {
  /**
   * Sends, and ends {@code reply} exactly once, on any thread.
   *
   * @param node the address of a node's data listener
   * @param withinNs the attempt's own deadline
   */
  <Q, A> void send(
      String node, MethodDescriptor<Q, A> method, Q request, long withinNs, Reply<A> reply);

  /** Whether a node that a hint named may be connected to. */
  boolean mayReach(String node);

  /** Ends the connection to a node, behind what is under way on it. */
  void forget(String node);

  /** How an attempt ends. */
  interface Reply<A> {
    /**
     * An answer came.
     *
     * @param leader the address of the leader's data listener, as the node knows it
     */
    void answered(A answer, @Nullable String leader);

    void failed(Failure failure);
  }
}
