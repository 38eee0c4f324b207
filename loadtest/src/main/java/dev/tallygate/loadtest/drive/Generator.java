package dev.tallygate.loadtest.drive;

import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityState;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The load's one event loop. Every peer is driven by it with the same code, one after the other, so
 * what differs between two figures is the peer. Closing it ends the loop.
 */
public final class Generator implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);

  private final boolean epoll = Epoll.isAvailable();
  private final EventLoopGroup loops =
      epoll ? new EpollEventLoopGroup(1) : new NioEventLoopGroup(1);
  private final SplittableRandom random;

  /**
   * @param seed of pools and ids. Ids must be fresh, so a cluster that lives longer than one run
   *     needs another seed.
   */
  public Generator(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Connections to one address, kept open between slices. Closing it closes them. */
  public final class Line implements AutoCloseable {
    private final String address;
    private final List<ManagedChannel> connections;
    private final ClosedLoop many;
    private final ClosedLoop one;

    private Line(
        String address,
        ChannelCredentials credentials,
        Workload workload,
        int connectionCount,
        int callsPerConnection)
        throws InterruptedException {
      this.address = address;
      this.connections = connect(address, credentials, connectionCount);
      EventLoop loop = (EventLoop) loops.next();
      this.many = new ClosedLoop(loop, connections, callsPerConnection, workload, random.split());
      this.one = new ClosedLoop(loop, connections.subList(0, 1), 1, workload, random.split());
    }

    public String address() {
      return address;
    }

    /** All connections, each with its full number of calls in flight. */
    public Slice runMany(Duration length) throws InterruptedException {
      return many.run(length);
    }

    /** One call in flight on one connection. */
    public Slice runOne(Duration length) throws InterruptedException {
      return one.run(length);
    }

    @Override
    public void close() {
      connections.forEach(ManagedChannel::shutdownNow);
    }
  }

  /** As below, in plaintext. */
  public Line line(String address, Workload workload, int connections, int callsPerConnection)
      throws InterruptedException {
    return line(
        address, InsecureChannelCredentials.create(), workload, connections, callsPerConnection);
  }

  /**
   * Connects.
   *
   * @param address host and port
   * @param credentials plaintext, or TLS and with which certificates
   * @throws LoadtestException if it does not answer in five seconds
   */
  public Line line(
      String address,
      ChannelCredentials credentials,
      Workload workload,
      int connections,
      int callsPerConnection)
      throws InterruptedException {
    return new Line(address, credentials, workload, connections, callsPerConnection);
  }

  private List<ManagedChannel> connect(String address, ChannelCredentials credentials, int count)
      throws InterruptedException {
    Class<? extends Channel> type = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
    List<ManagedChannel> connections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      connections.add(
          NettyChannelBuilder.forTarget(address, credentials)
              .channelType(type)
              .eventLoopGroup(loops)
              .directExecutor()
              .disableRetry()
              .build());
    }
    CountDownLatch ready = new CountDownLatch(count);
    connections.forEach(connection -> awaitReady(connection, ready));
    if (!ready.await(CONNECT_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      connections.forEach(ManagedChannel::shutdownNow);
      throw new LoadtestException("no connection to " + address);
    }
    return connections;
  }

  private static void awaitReady(ManagedChannel connection, CountDownLatch ready) {
    ConnectivityState state = connection.getState(true);
    if (state == ConnectivityState.READY) {
      ready.countDown();
    } else if (state != ConnectivityState.SHUTDOWN) {
      connection.notifyWhenStateChanged(state, () -> awaitReady(connection, ready));
    }
  }

  @Override
  public void close() {
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
