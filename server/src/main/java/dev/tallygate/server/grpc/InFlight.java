package dev.tallygate.server.grpc;

import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/**
 * What a call that carries many adds to the calls in flight of its listener. In the context of
 * calls whose method says by its name that they do; what is left is given back when the call ends.
 */
public interface InFlight {
  Context.Key<InFlight> KEY = Context.key("tallygate-in-flight");

  /**
   * Whether a method's calls carry many: {@code …Batch} in one message, {@link #isStream} in each.
   */
  static boolean carriesMany(String fullMethodName) {
    return fullMethodName.endsWith("Batch") || isStream(fullMethodName);
  }

  /** Whether a method's calls are streams that stay open, each message of which is answered. */
  static boolean isStream(String fullMethodName) {
    return fullMethodName.endsWith("KeepAlive");
  }

  /**
   * Counts what a message carries, before any work.
   *
   * @return null where it is counted; else why it is refused, and nothing was counted
   */
  @Nullable GrpcError add(int calls);

  /** Bytes of the message that was received last, as they count. On the thread that receives. */
  long lastMessageBytes();

  /** Gives back what a message of a stream had counted. Any thread. */
  void release(int calls, long bytes);
}
