package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import java.util.concurrent.CompletableFuture;

/** Another node that passed a call on and waits. */
final class PeerReply implements Reply {
  private final CompletableFuture<byte[]> future = new CompletableFuture<>();
  private final long deadlineNs;

  PeerReply(long deadlineNs) {
    this.deadlineNs = deadlineNs;
  }

  CompletableFuture<byte[]> future() {
    return future;
  }

  @Override
  public long deadlineNs() {
    return deadlineNs;
  }

  @Override
  public boolean abandoned() {
    return System.nanoTime() - deadlineNs > 0;
  }

  @Override
  public void answer(byte[] message) {
    future.complete(ForwardLayout.answer(ForwardLayout.ANSWER, message));
  }

  @Override
  public void fail(GrpcError error) {
    future.complete(ForwardLayout.answer(ForwardLayout.ERROR, error.encode()));
  }

  @Override
  public boolean moved(boolean maybeProposed) {
    future.complete(
        ForwardLayout.answer(
            maybeProposed ? ForwardLayout.MOVED_MAYBE_DONE : ForwardLayout.MOVED, new byte[0]));
    return true;
  }
}
