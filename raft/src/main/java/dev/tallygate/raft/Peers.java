package dev.tallygate.raft;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.GrpcSslContexts;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.netty.channel.EventLoopGroup;
import org.apache.ratis.util.NettyUtils;

/** The links of this node to all others. Any thread; lives as long as the node. */
final class Peers {
  private static final long KEEP_ALIVE_MS = 3_000;
  private static final long CLOSE_WAIT_MS = 2_000;

  private final RaftNodeConfig config;
  private final Map<String, PeerLink> links = new LinkedHashMap<>();
  private final EventLoopGroup loop;

  Peers(RaftNodeConfig config) throws IOException {
    this.config = config;
    loop = NettyUtils.newEventLoopGroup(config.nodeId() + "-peers", 1, true);
    for (RaftNodeConfig.Peer peer : config.peers()) {
      if (!peer.id().equals(config.nodeId())) {
        links.put(peer.id(), new PeerLink(config, peer.id(), channel(peer)));
      }
    }
  }

  /** Every node but this one. */
  Iterable<String> others() {
    return links.keySet();
  }

  CompletableFuture<byte[]> ask(String peerId, int kind, byte[] question, long timeoutMs) {
    PeerLink link = links.get(peerId);
    if (link == null) {
      return failed(RaftFailure.Reason.REFUSED, "`" + peerId + "` is not another peer");
    }
    if (question.length > config.peerMessageBytesMax()) {
      return failed(
          RaftFailure.Reason.REFUSED,
          "the question has "
              + question.length
              + " bytes, allowed are "
              + config.peerMessageBytesMax());
    }
    if (timeoutMs <= 0) {
      return failed(RaftFailure.Reason.TIMEOUT, "no time is left to ask " + peerId);
    }
    return link.ask(kind, question, TimeUnit.MILLISECONDS.toMicros(timeoutMs));
  }

  void checkDeadlines() {
    links.values().forEach(PeerLink::checkDeadlines);
  }

  void close() throws InterruptedException {
    links.values().forEach(PeerLink::close);
    for (PeerLink link : links.values()) {
      boolean ignored = link.awaitClosed(CLOSE_WAIT_MS);
    }
    // Nothing is left that a quiet period could wait for.
    var unused = loop.shutdownGracefully(0, CLOSE_WAIT_MS, TimeUnit.MILLISECONDS);
  }

  private ManagedChannel channel(RaftNodeConfig.Peer peer) throws SSLException {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(peer.host(), peer.port())
            .proxyDetector(address -> null)
            .channelType(NettyUtils.getSocketChannelClass(loop))
            .eventLoopGroup(loop)
            // On the event loop, and as a task of its own: a callback never runs under a link's
            // lock.
            .executor(loop)
            .disableRetry()
            .maxInboundMessageSize(config.peerMessageBytesMax() + 1_024)
            // A link whose packets vanish is noticed and made anew.
            .keepAliveTime(KEEP_ALIVE_MS, TimeUnit.MILLISECONDS)
            .keepAliveTimeout(KEEP_ALIVE_MS, TimeUnit.MILLISECONDS);
    PeerTls tls = config.tls();
    if (tls == null) {
      return builder.usePlaintext().build();
    }
    return builder
        .sslContext(
            GrpcSslContexts.forClient().keyManager(tls.keys()).trustManager(tls.trust()).build())
        .build();
  }

  private static CompletableFuture<byte[]> failed(RaftFailure.Reason reason, String message) {
    return CompletableFuture.failedFuture(new RaftFailure(reason, message));
  }
}
