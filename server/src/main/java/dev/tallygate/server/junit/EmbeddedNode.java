package dev.tallygate.server.junit;

import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.server.PdpServer;
import dev.tallygate.server.config.ConfigException;
import dev.tallygate.server.config.ConfigReader;
import dev.tallygate.server.config.FreePorts;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of one node in this process: real log, real tables, real sockets on loopback, and a
 * folder of its own that is gone when it is closed. Small bounds: it is for tests.
 */
final class EmbeddedNode implements AutoCloseable {
  private static final long SERVING_MS_MAX = 60_000;
  private static final long POLL_MS = 20;
  private static final long APPLY_S = 30;

  private final Path dir;
  private final String data;
  private final String admin;
  private final AtomicReference<@Nullable String> halted;
  private final PdpServer server;

  private EmbeddedNode(
      Path dir,
      String data,
      String admin,
      AtomicReference<@Nullable String> halted,
      PdpServer server) {
    this.dir = dir;
    this.data = data;
    this.admin = admin;
    this.halted = halted;
    this.server = server;
  }

  /** Starts one and waits until it is fit to be asked, a minute at most. */
  static EmbeddedNode start() throws IOException, InterruptedException {
    Path dir = Files.createTempDirectory("tallygate-");
    AtomicReference<@Nullable String> halted = new AtomicReference<>();
    try {
      List<Integer> ports = FreePorts.find(4);
      PdpServer server =
          PdpServer.start(
              ConfigReader.parse("embedded node", yaml(dir, ports), true),
              (why, cause) -> halted.set(cause == null ? why : why + ": " + cause));
      EmbeddedNode node =
          new EmbeddedNode(dir, address(ports.get(0)), address(ports.get(1)), halted, server);
      try {
        node.awaitServing();
        return node;
      } catch (IOException | InterruptedException | RuntimeException e) {
        node.close();
        throw e;
      }
    } catch (ConfigException e) {
      throw new IllegalStateException(String.join("; ", e.faults()), e);
    } catch (IOException | InterruptedException | RuntimeException e) {
      delete(dir);
      throw e;
    }
  }

  private static String address(int port) {
    return "127.0.0.1:" + port;
  }

  private static String yaml(Path dir, List<Integer> ports) {
    return String.format(
        Locale.ROOT,
        """
        node: {id: embedded}
        cluster: {id: %s}
        storage: {dir: '%s'}
        peers:
          - {id: embedded, data: "127.0.0.1:%3$d", admin: "127.0.0.1:%4$d", peer: "127.0.0.1:%5$d"}
        listeners:
          data: {address: "127.0.0.1:%3$d", insecure: true}
          admin: {address: "127.0.0.1:%4$d", insecure: true}
          peer: {address: "127.0.0.1:%5$d", insecure: true}
          http: {address: "127.0.0.1:%6$d", insecure: true}
        bounds:
          {pools-max: 1000, leases-max: 10000, requests-max: 60000, subjects-max: 10000,
           tenants-max: 10, entitlements-max: 100, tick-ms: 50}
        raft:
          {election-timeout-min-ms: 200, election-timeout-max-ms: 400, segment-bytes-max: 1048576,
           preallocated-bytes: 65536, log-bytes-cache-max: 1048576}
        """,
        UUID.randomUUID(),
        dir.toString().replace("'", "''"),
        ports.get(0),
        ports.get(1),
        ports.get(2),
        ports.get(3));
  }

  private void awaitServing() throws IOException, InterruptedException {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SERVING_MS_MAX);
    while (!server.isServing()) {
      check();
      if (System.nanoTime() - endNs > 0) {
        throw new IOException("the node does not serve within " + SERVING_MS_MAX + " ms");
      }
      Thread.sleep(POLL_MS);
    }
  }

  /**
   * Looks after the node.
   *
   * @throws IllegalStateException if it has halted
   */
  void check() {
    String why = halted.get();
    if (why != null) throw new IllegalStateException("the embedded node has halted: " + why);
  }

  /** Address of the data listener. */
  String data() {
    return data;
  }

  /** Address of the admin listener. */
  String admin() {
    return admin;
  }

  Path dir() {
    return dir;
  }

  /** Replaces the catalog as a whole. */
  void apply(String yaml) {
    ManagedChannel channel =
        Grpc.newChannelBuilder(admin, InsecureChannelCredentials.create()).build();
    try {
      var unused =
          CatalogServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(APPLY_S, TimeUnit.SECONDS)
              .apply(ApplyCatalogRequest.newBuilder().setYaml(yaml).build());
    } finally {
      channel.shutdownNow();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      server.stop();
    } finally {
      delete(dir);
    }
  }

  private static void delete(Path dir) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(dir)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) Files.deleteIfExists(file);
  }
}
