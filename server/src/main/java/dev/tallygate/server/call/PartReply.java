package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import java.util.function.Consumer;

/** A batch that waits for one of its parts. */
final class PartReply implements Reply {
  private final Reply batch;
  private final Consumer<BatchCall.End> end;

  PartReply(Reply batch, Consumer<BatchCall.End> end) {
    this.batch = batch;
    this.end = end;
  }

  @Override
  public long deadlineNs() {
    return batch.deadlineNs();
  }

  @Override
  public boolean abandoned() {
    return batch.abandoned();
  }

  @Override
  public void answer(byte[] message) {
    end.accept(new BatchCall.End.Answered(message));
  }

  @Override
  public void fail(GrpcError error) {
    end.accept(new BatchCall.End.Failed(error));
  }

  /** A part that has begun here is passed on from here: the others may have ended. */
  @Override
  public boolean moved(boolean maybeProposed) {
    return false;
  }
}
