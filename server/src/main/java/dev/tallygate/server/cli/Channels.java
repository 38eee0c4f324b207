package dev.tallygate.server.cli;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;

/** Connections of short commands. */
final class Channels {
  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  private Channels() {}

  static ManagedChannel open(String target) {
    return NettyChannelBuilder.forTarget(target)
        .usePlaintext()
        .disableRetry()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .build();
  }
}
