package dev.tallygate.server.cli;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;

/** Connections of short commands. */
final class Channels {
  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  /** A machine that is gone says nothing at all: another one may. */
  private static final int CONNECT_MS = 3_000;

  private Channels() {}

  static ManagedChannel open(String target) {
    return open(target, InsecureChannelCredentials.create());
  }

  static ManagedChannel open(String target, ChannelCredentials credentials) {
    return NettyChannelBuilder.forTarget(target, credentials)
        .disableRetry()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MS)
        .build();
  }
}
