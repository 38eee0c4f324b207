package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.trace.CallTrace;
import dev.tallygate.server.trace.Traces;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Starts a {@link LoggedCall} for each call of one method. Runs on the event loop. */
final class UnaryHandler implements ServerCallHandler<byte[], byte[]> {
  private final LoggedCalls calls;
  private final int number;
  private final MethodDescriptor<byte[], byte[]> method;
  private final LoggedCalls.Factory factory;

  UnaryHandler(
      LoggedCalls calls,
      int number,
      MethodDescriptor<byte[], byte[]> method,
      LoggedCalls.Factory factory) {
    this.calls = calls;
    this.number = number;
    this.method = method;
    this.factory = factory;
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    long deadlineNs = deadlineNs();
    // One message and the end of the stream; a second message is seen and refused.
    call.request(2);
    Traces traces = calls.node().traces();
    CallTrace trace = traces == null ? null : traces.begin(method.getFullMethodName(), headers);
    return new Listener(call, deadlineNs, trace);
  }

  private long deadlineNs() {
    long leftNs = TimeUnit.MILLISECONDS.toNanos(calls.node().limits().callTimeoutMs());
    Deadline deadline = Context.current().getDeadline();
    if (deadline != null) leftNs = Math.min(leftNs, deadline.timeRemaining(TimeUnit.NANOSECONDS));
    return System.nanoTime() + leftNs;
  }

  private final class Listener extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final long deadlineNs;
    private final @Nullable CallTrace trace;
    private byte @Nullable [] request;
    private boolean closed;

    Listener(ServerCall<byte[], byte[]> call, long deadlineNs, @Nullable CallTrace trace) {
      this.call = call;
      this.deadlineNs = deadlineNs;
      this.trace = trace;
    }

    @Override
    public void onMessage(byte[] message) {
      if (request != null)
        refuse(GrpcErrors.invalid("request", method.getBareMethodName() + " takes one message"));
      request = message;
    }

    @Override
    public void onHalfClose() {
      if (closed) return;
      if (request == null) {
        refuse(GrpcErrors.invalid("request", "is required"));
        return;
      }
      NodeContext node = calls.node();
      Reply reply =
          new GrpcReply(
              call,
              deadlineNs,
              () -> node.consensus().isLeaderReady() ? null : node.leaders().now());
      if (trace != null) reply = new TracedReply(reply, trace);
      factory.make(new LoggedCall.Start(calls, number, request, reply, false)).begin();
    }

    private void refuse(GrpcError error) {
      if (closed) return;
      closed = true;
      if (trace != null) trace.end(error.code());
      call.close(error.status(), error.trailers());
    }
  }
}
