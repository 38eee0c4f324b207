package dev.tallygate.server.call;

import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import dev.tallygate.server.grpc.GrpcError;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * One call that carries many independent ones, its parts. It is passed on to the leader as a whole;
 * there each part goes its own way, as if it had come alone, and the batch ends when the last of
 * them has.
 */
public abstract class BatchCall extends LoggedCall {
  /** How one part ended. */
  public sealed interface End {
    /**
     * @param message the response of the part's call
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Answered(byte[] message) implements End {}

    record Failed(GrpcError error) implements End {}
  }

  protected BatchCall(Start start) {
    super(start);
  }

  /** The number of the call that each part is. */
  protected abstract int partNumber();

  /** The requests of the parts, in their order. */
  protected abstract List<byte[]> parts() throws BadCall;

  /** Encodes the answer from the ends of the parts, in their order. */
  protected abstract byte[] encode(List<End> ends);

  @Override
  protected final void check() throws BadCall {
    var unused = parts();
  }

  @Override
  protected final void judge() throws BadCall {
    List<byte[]> requests = parts();
    Ends ends = new Ends(requests.size());
    for (int i = 0; i < requests.size(); i++) {
      int position = i;
      beginPart(partNumber(), requests.get(i), end -> ends.set(position, end));
    }
  }

  @Override
  protected final byte[] encode(Answer answer) {
    throw new IllegalStateException("a batch proposes nothing itself");
  }

  /** Parts end on the thread that began them or on the loop, in any order. */
  private final class Ends {
    private final AtomicReferenceArray<End> ends;
    private final AtomicInteger open;

    Ends(int count) {
      ends = new AtomicReferenceArray<>(count);
      open = new AtomicInteger(count);
    }

    void set(int position, End end) {
      ends.set(position, end);
      if (open.decrementAndGet() == 0) answerParts(this::encoded, CallCounts.Result.GRANTED);
    }

    private byte[] encoded() {
      List<End> all = new java.util.ArrayList<>();
      for (int i = 0; i < ends.length(); i++) all.add(ends.get(i));
      return encode(all);
    }
  }
}
