package dev.tallygate.client;

import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One gRPC channel a node, opened when it is first needed. Thread-safe; closed with its client. */
final class GrpcTransport implements Transport, AutoCloseable {
  private static final int MESSAGE_BYTES_MAX = 4 << 20;
  private static final int KEEP_ALIVE_S = 30;
  private static final int KEEP_ALIVE_ANSWER_S = 3;
  private static final long CONNECT_NS_MIN = TimeUnit.SECONDS.toNanos(1);

  private final @Nullable ChannelCredentials credentials;
  private final Time time;
  private final Map<String, Node> nodes = new HashMap<>();
  private boolean closed;

  /**
   * @param credentials null for plaintext, which then reaches this machine only
   */
  GrpcTransport(@Nullable ChannelCredentials credentials, Time time) {
    this.credentials = credentials;
    this.time = time;
  }

  @Override
  public boolean mayReach(String node) {
    return credentials != null || Loopback.is(node);
  }

  @Override
  public <Q, A> void send(
      String node, MethodDescriptor<Q, A> method, Q request, long withinNs, Reply<A> reply) {
    ManagedChannel channel = channel(node);
    if (channel == null) {
      Status status = Status.UNAVAILABLE.withDescription("the client is closed");
      reply.failed(Failure.of(status, new Metadata(), false));
      return;
    }
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(withinNs, TimeUnit.NANOSECONDS);
    // Within a server's call, gRPC would end ours with it: what is given back behind that call is
    // sent when it ends, and what others wait for too may be asked by the first of them.
    Context own = Context.current().fork();
    Context before = own.attach();
    try {
      send(channel, method, options, request, reply);
    } finally {
      own.detach(before);
    }
  }

  private static <Q, A> void send(
      ManagedChannel channel,
      MethodDescriptor<Q, A> method,
      CallOptions options,
      Q request,
      Reply<A> reply) {
    SentWatch watch = new SentWatch();
    ClientCall<Q, A> call = channel.newCall(method, options.withStreamTracerFactory(watch));
    call.start(new Ending<>(reply, watch), new Metadata());
    call.request(1);
    call.sendMessage(request);
    call.halfClose();
  }

  private synchronized @Nullable ManagedChannel channel(String node) {
    if (closed) return null;
    return nodes.computeIfAbsent(node, this::open).toSendOn(time.monotonicNs());
  }

  private Node open(String node) {
    return new Node(channelTo(node), time.monotonicNs());
  }

  private ManagedChannel channelTo(String node) {
    return Grpc.newChannelBuilder(
            node, credentials == null ? InsecureChannelCredentials.create() : credentials)
        // Attempts are counted and carry their number: nothing below may send them again.
        .disableRetry()
        // A connection that died without a word is found out while a call waits on it.
        .keepAliveTime(KEEP_ALIVE_S, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_ANSWER_S, TimeUnit.SECONDS)
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .build();
  }

  @Override
  public synchronized void close() {
    closed = true;
    nodes.values().forEach(node -> node.channel.shutdownNow());
  }

  @Override
  public synchronized void forget(String node) {
    Node forgotten = nodes.remove(node);
    if (forgotten != null) forgotten.channel.shutdown();
  }

  /** One node's channel. Under the transport's lock. */
  private static final class Node {
    final ManagedChannel channel;
    private long connectedNs;

    Node(ManagedChannel channel, long connectedNs) {
      this.channel = channel;
      this.connectedNs = connectedNs;
    }

    /**
     * A node that came back is tried within a second, not after gRPC's growing pause; and one that
     * is down not by every call, for those are many.
     */
    ManagedChannel toSendOn(long nowNs) {
      if (nowNs - connectedNs >= CONNECT_NS_MIN
          && channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
        connectedNs = nowNs;
        channel.resetConnectBackoff();
      }
      return channel;
    }
  }

  private static final class Ending<A> extends ClientCall.Listener<A> {
    private final Reply<A> reply;
    private final SentWatch watch;
    private @Nullable A answer;

    Ending(Reply<A> reply, SentWatch watch) {
      this.reply = reply;
      this.watch = watch;
    }

    @Override
    public void onMessage(A message) {
      answer = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (status.isOk() && answer != null) {
        reply.answered(answer, Failure.leader(trailers));
      } else {
        Status failed =
            status.isOk() ? Status.INTERNAL.withDescription("an answer without content") : status;
        reply.failed(Failure.of(failed, trailers, watch.sent()));
      }
    }
  }
}
