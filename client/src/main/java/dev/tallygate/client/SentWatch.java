package dev.tallygate.client;

import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/**
 * Notes whether a call ever left this process. A deadline alone does not tell: it also passes while
 * a call waits for a connection, and then nothing can have happened.
 */
final class SentWatch extends ClientStreamTracer.Factory {
  private volatile boolean sent;

  boolean sent() {
    return sent;
  }

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    return new ClientStreamTracer() {
      @Override
      public void outboundHeaders() {
        sent = true;
      }
    };
  }
}
