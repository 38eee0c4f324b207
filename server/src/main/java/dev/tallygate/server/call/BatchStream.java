package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Takes the messages of streams: each is a call of one number, and ends by itself. */
public final class BatchStream {
  private final LoggedCalls calls;
  private final int number;

  BatchStream(LoggedCalls calls, int number) {
    this.calls = calls;
    this.number = number;
  }

  /**
   * Begins the call of one message; exactly one of the last two is told its end, on this thread or
   * another. Its deadline is the longest that any call is given.
   *
   * @param abandoned whether nobody waits any more
   */
  public void take(
      byte[] message,
      BooleanSupplier abandoned,
      Consumer<byte[]> answered,
      Consumer<GrpcError> failed) {
    long deadlineNs =
        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(calls.node().limits().callTimeoutMs());
    Reply reply =
        new Reply() {
          @Override
          public long deadlineNs() {
            return deadlineNs;
          }

          @Override
          public boolean abandoned() {
            return abandoned.getAsBoolean();
          }

          @Override
          public void answer(byte[] answer) {
            answered.accept(answer);
          }

          @Override
          public void fail(GrpcError error) {
            failed.accept(error);
          }

          @Override
          public boolean moved(boolean maybeProposed) {
            return false;
          }
        };
    calls.make(new LoggedCall.Start(calls, number, message, reply, false)).begin();
  }
}
