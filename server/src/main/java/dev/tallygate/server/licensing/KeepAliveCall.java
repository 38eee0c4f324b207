package dev.tallygate.server.licensing;

import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.BatchCall;
import dev.tallygate.server.grpc.CallCounts;
import java.util.List;

/** One message of a KeepAlive stream: many Renews, each as if it had come alone. */
final class KeepAliveCall extends BatchCall {
  KeepAliveCall(Start start) {
    super(start);
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.KEEP_ALIVE;
  }

  @Override
  protected int partNumber() {
    return Method.RENEW.number();
  }

  @Override
  protected List<byte[]> parts() throws BadCall {
    return BatchWire.split(request(), "renewals");
  }

  @Override
  protected byte[] encode(List<End> ends) {
    return BatchWire.join(ends);
  }
}
