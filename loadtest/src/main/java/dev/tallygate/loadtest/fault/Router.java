package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.peer.ClusterNode;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Connections to the data listeners of all nodes, dead ones included. Thread-safe. */
final class Router implements AutoCloseable {
  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();
  private volatile List<String> addresses = List.of();
  private volatile String lastGood = "";

  /** Takes over where the nodes listen now. */
  void refresh(List<ClusterNode> nodes) {
    addresses = nodes.stream().map(ClusterNode::data).toList();
  }

  /** Half of the time the node that answered last, else any. */
  String pick(SplittableRandom random) {
    List<String> all = addresses;
    String good = lastGood;
    return all.contains(good) && random.nextBoolean() ? good : all.get(random.nextInt(all.size()));
  }

  void answered(String address) {
    lastGood = address;
  }

  LicensingServiceBlockingStub stub(String address, long deadlineMs) {
    ManagedChannel channel =
        channels.computeIfAbsent(
            address,
            each -> NettyChannelBuilder.forTarget(each).usePlaintext().disableRetry().build());
    // A node that came back is tried at once, not after gRPC's growing pause.
    channel.resetConnectBackoff();
    return LicensingServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
