package dev.tallygate.server.licensing;

import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.BatchCall;
import dev.tallygate.server.grpc.CallCounts;
import java.util.List;

/** AllocateBatch: many Allocates, each as if it had come alone. */
final class AllocateBatchCall extends BatchCall {
  AllocateBatchCall(Start start) {
    super(start);
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.ALLOCATE_BATCH;
  }

  @Override
  protected int partNumber() {
    return Method.ALLOCATE.number();
  }

  @Override
  protected List<byte[]> parts() throws BadCall {
    return BatchWire.split(request(), "requests");
  }

  @Override
  protected byte[] encode(List<End> ends) {
    return BatchWire.join(ends);
  }
}
