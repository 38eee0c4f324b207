package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.trace.CallTrace;
import io.grpc.Status;

/** A waiting caller whose call is traced; the trace ends when the caller is told. */
final class TracedReply implements Reply {
  private final Reply reply;
  private final CallTrace trace;

  TracedReply(Reply reply, CallTrace trace) {
    this.reply = reply;
    this.trace = trace;
  }

  @Override
  public CallTrace trace() {
    return trace;
  }

  @Override
  public long deadlineNs() {
    return reply.deadlineNs();
  }

  @Override
  public boolean abandoned() {
    return reply.abandoned();
  }

  @Override
  public void answer(byte[] message) {
    trace.end(Status.Code.OK);
    reply.answer(message);
  }

  @Override
  public void fail(GrpcError error) {
    trace.end(error.code());
    reply.fail(error);
  }

  @Override
  public boolean moved(boolean maybeProposed) {
    if (!reply.moved(maybeProposed)) return false;
    trace.outcome("MOVED", "");
    trace.end(Status.Code.OK);
    return true;
  }
}
