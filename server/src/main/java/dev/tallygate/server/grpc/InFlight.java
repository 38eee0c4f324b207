package dev.tallygate.server.grpc;

import io.grpc.Context;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a call that carries many, or that stays open, counts for in its listener. In the context of
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

  /** Whether a method's calls take one message and then stay open for as long as they are read. */
  static boolean isLongAnswer(String fullMethodName) {
    return fullMethodName.endsWith("/Watch") || fullMethodName.endsWith("/Tail");
  }

  /**
   * Says how a stream is ended where a message of it that has begun does not become whole; without
   * it, it is not. Called on any thread.
   */
  void endBy(Consumer<GrpcError> end);

  /** Gives back all bytes received so far: they were read, and nobody holds them. Any thread. */
  void releaseBytes();

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
