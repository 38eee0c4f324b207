package dev.tallygate.server.cli;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;

/** Connections of short commands. */
final class Channels {
  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  private Channels() {}

  static ManagedChannel open(String target) {
    return open(target, InsecureChannelCredentials.create());
  }

  static ManagedChannel open(String target, ChannelCredentials credentials) {
    return NettyChannelBuilder.forTarget(target, credentials)
        .disableRetry()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .build();
  }
}
