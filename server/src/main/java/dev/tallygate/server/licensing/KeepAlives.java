package dev.tallygate.server.licensing;

import dev.tallygate.proto.v1.CallError;
import dev.tallygate.proto.v1.KeepAliveResponse;
import dev.tallygate.server.call.BatchStream;
import dev.tallygate.server.grpc.GrpcError;
import dev.tallygate.server.grpc.GrpcErrors;
import dev.tallygate.server.grpc.InFlight;
import dev.tallygate.server.grpc.NodeContext;
import dev.tallygate.server.grpc.Places;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The KeepAlive streams of a node. A stream is only a way for messages: it holds no lease, and its
 * end ends none. Of each stream two messages are under way at most, and the next is read once an
 * answer has been taken; so a client that sends without end, or reads nothing, holds up itself.
 */
final class KeepAlives implements ServerCallHandler<byte[], byte[]> {
  /** Open streams of a listener. */
  static final int STREAMS_MAX = 1_024;

  /** Open streams of one connection. */
  static final int STREAMS_EACH_MAX = 64;

  /** A stream that sends no whole message for so long is ended: its place is wanted. */
  static final long IDLE_NS = TimeUnit.MINUTES.toNanos(10);

  private static final int UNDER_WAY_MAX = 2;

  private final NodeContext node;
  private final BatchStream messages;
  private final Set<Stream> open = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;

  /**
   * @param messages takes each message where the leader is
   */
  KeepAlives(NodeContext node, BatchStream messages) {
    this.node = node;
    this.messages = messages;
  }

  /** The places of one listener. */
  static Places places() {
    return new Places("open keep-alive streams", STREAMS_MAX, STREAMS_EACH_MAX);
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    if (draining) {
      GrpcError refused = stopping();
      call.close(refused.status(), refused.trailers());
      return new ServerCall.Listener<>() {};
    }
    InFlight inFlight = InFlight.KEY.get();
    Stream stream = new Stream(call, inFlight);
    if (inFlight != null) inFlight.endBy(stream::end);
    open.add(stream);
    // Drained between the question and this: nobody else would end it.
    if (draining) stream.end(stopping());
    stream.begin();
    return stream;
  }

  private GrpcError stopping() {
    return GrpcErrors.stopping(node.leaders().now());
  }

  int open() {
    return open.size();
  }

  /** Ends streams that say nothing. */
  void endIdle(long nowNs) {
    for (Stream stream : open)
      if (nowNs - stream.lastNs > IDLE_NS)
        stream.end(GrpcErrors.idle(TimeUnit.NANOSECONDS.toMinutes(IDLE_NS)));
  }

  void drain() {
    draining = true;
    for (Stream stream : open) stream.end(stopping());
  }

  /**
   * One stream. Messages arrive on the network thread, answers on that or the loop: whatever
   * touches the call is under the lock.
   */
  private final class Stream extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final @Nullable InFlight inFlight;
    private int underWay;
    private boolean wanted;
    private boolean halfClosed;
    private volatile boolean over;
    private volatile long lastNs = System.nanoTime();

    Stream(ServerCall<byte[], byte[]> call, @Nullable InFlight inFlight) {
      this.call = call;
      this.inFlight = inFlight;
    }

    synchronized void begin() {
      if (over) return;
      call.sendHeaders(new Metadata());
      wanted = true;
      call.request(1);
    }

    @Override
    public void onMessage(byte[] message) {
      long bytes = inFlight == null ? 0 : inFlight.lastMessageBytes();
      int items = items(message);
      lastNs = System.nanoTime();
      synchronized (this) {
        if (over) return;
        wanted = false;
        underWay++;
        GrpcError refused = inFlight == null ? null : inFlight.add(items);
        if (refused != null) {
          answer(message, failed(refused), 0, bytes);
          return;
        }
        requestNext();
      }
      messages.take(
          message,
          () -> over || call.isCancelled(),
          answer -> answer(message, answer, items, bytes),
          error -> fail(message, error, items, bytes));
    }

    private synchronized void answer(byte[] message, byte[] answer, int items, long bytes) {
      underWay--;
      if (inFlight != null) inFlight.release(items, bytes);
      if (over) return;
      call.sendMessage(KeepAliveWire.numbered(message, answer));
      if (halfClosed && underWay == 0) close(Status.OK, new Metadata());
      else requestNext();
    }

    /** Of a message that breaks the contract the stream ends; of any other it goes on. */
    private synchronized void fail(byte[] message, GrpcError error, int items, long bytes) {
      switch (error.code()) {
        case INVALID_ARGUMENT -> {
          if (inFlight != null) inFlight.release(items, bytes);
          end(error);
        }
        default -> answer(message, failed(error), items, bytes);
      }
    }

    private static byte[] failed(GrpcError error) {
      CallError message = CallErrors.of(error);
      return KeepAliveResponse.newBuilder().setError(message).build().toByteArray();
    }

    /** Reads on where there is room for a message and its answer. */
    private void requestNext() {
      if (over || wanted || halfClosed || underWay >= UNDER_WAY_MAX || !call.isReady()) return;
      wanted = true;
      call.request(1);
    }

    @Override
    public synchronized void onReady() {
      requestNext();
    }

    @Override
    public synchronized void onHalfClose() {
      halfClosed = true;
      if (!over && underWay == 0) close(Status.OK, new Metadata());
    }

    @Override
    public synchronized void onCancel() {
      over = true;
      open.remove(this);
    }

    @Override
    public void onComplete() {
      open.remove(this);
    }

    synchronized void end(GrpcError error) {
      if (!over) close(error.status(), error.trailers());
    }

    private void close(Status status, Metadata trailers) {
      over = true;
      open.remove(this);
      call.close(status, trailers);
    }
  }

  /** What the message adds to itself; a malformed one is refused later, by name. */
  private static int items(byte[] message) {
    try {
      return BatchWire.split(message, "renewals").size();
    } catch (Malformed e) {
      return 0;
    }
  }
}
