package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.trace.CallTrace;
import org.jspecify.annotations.Nullable;

/** Who waits for a call's end: a client, or the node that passed the call on. */
interface Reply {
  /** Of the call as it is traced here; null where it is not. */
  default @Nullable CallTrace trace() {
    return null;
  }

  /** By {@link System#nanoTime}. */
  long deadlineNs();

  /** True once nobody waits any more. Any thread. */
  boolean abandoned();

  /** Ends the call with an encoded answer. */
  void answer(byte[] message);

  /** Ends the call with an error. */
  void fail(GrpcError error);

  /**
   * Ends the call because another node leads now, if whoever waits can take it there itself.
   *
   * @param maybeProposed whether an earlier attempt may have taken effect or may still do so
   * @return false where nobody but this node can
   */
  boolean moved(boolean maybeProposed);
}
