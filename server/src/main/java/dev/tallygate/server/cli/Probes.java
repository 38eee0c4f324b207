package dev.tallygate.server.cli;

import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Asks nodes for their health. */
final class Probes implements AutoCloseable {
  private static final int TIMEOUT_MS = 1_000;

  private final Map<String, ManagedChannel> channels = new LinkedHashMap<>();

  Probes(ClusterFile file, Path dir) {
    ChannelCredentials credentials = file.credentials(dir);
    for (Member member : file.members()) {
      channels.put(member.id(), Channels.open(member.data(), credentials));
    }
  }

  boolean isServing(Member member) {
    ManagedChannel channel = channels.get(member.id());
    if (channel == null) return false;
    // A node that was not up yet is tried again at once, not after the pause that grew meanwhile.
    channel.resetConnectBackoff();
    try {
      return HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(TIMEOUT_MS, TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus()
          == ServingStatus.SERVING;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
