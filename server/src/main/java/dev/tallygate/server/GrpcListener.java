package dev.tallygate.server;

import dev.tallygate.server.config.LimitsConfig;
import dev.tallygate.server.config.ListenerConfig;
import dev.tallygate.server.config.ListenerTls;
import io.grpc.BindableService;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One gRPC listener with every limit set; handlers run on its event loops. */
final class GrpcListener {
  private static final int FLOW_CONTROL_BYTES = 1 << 20;

  /*
   * Nothing is decompressed: a few bytes on the wire, which is what the gates count, would become a
   * thousand times as many in memory.
   */
  private static final DecompressorRegistry PLAIN =
      DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, false);

  private static final int RESETS_MAX = 5_000;
  private static final int RESETS_SECONDS = 1;
  private static final long LATE_EVERY_MS = 200;
  private static final long HANDSHAKE_SECONDS = 10;

  private final Server server;
  private final EventLoopGroup loops;
  private final CallGate gate;

  GrpcListener(
      ListenerConfig config,
      LimitsConfig limits,
      int messageBytesMax,
      EventLoopGroup loops,
      CallGate gate,
      List<ServerServiceDefinition> services,
      List<BindableService> more) {
    this.loops = loops;
    this.gate = gate;
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(config.address().socketAddress(), credentials(config.tls()))
            .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops)
            .channelType(EventLoops.serverChannel())
            .directExecutor()
            .decompressorRegistry(PLAIN)
            .maxInboundMessageSize(messageBytesMax)
            .maxInboundMetadataSize(limits.metadataBytesMax())
            .maxConcurrentCallsPerConnection(limits.callsPerConnectionMax())
            .flowControlWindow(FLOW_CONTROL_BYTES)
            // Calls that are cancelled as soon as they are sent cost work and count nowhere.
            .maxRstFramesPerWindow(RESETS_MAX, RESETS_SECONDS)
            .permitKeepAliveTime(limits.keepAliveFloorMs(), TimeUnit.MILLISECONDS)
            .permitKeepAliveWithoutCalls(true)
            .maxConnectionIdle(limits.connectionIdleMs(), TimeUnit.MILLISECONDS)
            .maxConnectionAge(limits.connectionAgeMs(), TimeUnit.MILLISECONDS)
            .maxConnectionAgeGrace(limits.connectionAgeGraceMs(), TimeUnit.MILLISECONDS)
            .addStreamTracerFactory(gate)
            .intercept(gate);
    services.forEach(builder::addService);
    more.forEach(builder::addService);
    server = builder.build();
  }

  private static ServerCredentials credentials(@Nullable ListenerTls tls) {
    if (tls == null) return InsecureServerCredentials.create();
    TlsServerCredentials.Builder builder = TlsServerCredentials.newBuilder().keyManager(tls.keys());
    if (tls.clients() != null) {
      builder
          .trustManager(tls.clients())
          // Never optional: a caller without a certificate would be let in as if it had one.
          .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    }
    return builder.build();
  }

  /**
   * @throws IOException if the address cannot be bound
   */
  void start() throws IOException {
    server.start();
    var unused =
        loops.scheduleWithFixedDelay(
            gate::endLate, LATE_EVERY_MS, LATE_EVERY_MS, TimeUnit.MILLISECONDS);
  }

  /** Takes no new call; those in flight go on. */
  void drain() {
    server.shutdown();
  }

  /** Waits for the calls in flight, then ends those that are left. */
  void close(long waitMs) throws InterruptedException {
    server.shutdown();
    if (server.awaitTermination(waitMs, TimeUnit.MILLISECONDS)) return;
    server.shutdownNow();
    server.awaitTermination(1, TimeUnit.SECONDS);
  }
}
