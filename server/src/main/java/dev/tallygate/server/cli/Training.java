package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.TransferLeadershipRequest;
import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Makes the ahead-of-time cache of nodes: three nodes on this machine work under load, one of them
 * recording, as a leader and as a follower; when it stops, its JVM writes the cache.
 */
final class Training {
  private static final long UP_MS = 120_000;
  private static final long DOWN_MS = 180_000;
  private static final int CALL_MS = 10_000;
  private static final String CATALOG =
      """
      apiVersion: tallygate.dev/v1
      kind: Entitlement
      metadata: {name: trained}
      spec:
        model: metered
        limit: 1000000000
        window: {rolling: 1h}
      """;

  private final Consumer<String> progress;

  Training(Consumer<String> progress) {
    this.progress = progress;
  }

  void run(int seconds) throws IOException, InterruptedException {
    Path cache = NodeJvm.aotCache();
    if (cache == null) {
      throw new CliException(
          CliExit.FAILED,
          "an ahead-of-time cache needs JDK 25 or later and the jars of the launcher `tallygate`;"
              + " nodes start plainly without it");
    }
    Path dir = Files.createTempDirectory("tallygate-training");
    Path draft = dir.resolve("cache.aot");
    try (LocalCluster cluster = LocalCluster.openOrMake(dir, 3, Map.of(), List.of(), progress)) {
      Member recorded = cluster.file().members().get(0);
      cluster.up(UP_MS, Map.of(recorded.id(), List.of("-XX:AOTCacheOutput=" + draft)));
      try {
        apply(recorded);
        transfer(cluster.file(), recorded.id());
        progress.accept("load on the recording leader");
        TrainingLoad.run(recorded.data(), seconds * 1_000L / 2);
        transfer(cluster.file(), cluster.file().members().get(1).id());
        progress.accept("load on the recording follower");
        TrainingLoad.run(recorded.data(), seconds * 1_000L / 2);
      } finally {
        progress.accept("stopping; the recording JVM writes its cache");
        cluster.down(DOWN_MS);
      }
      if (!Files.exists(draft)) {
        throw new CliException(
            CliExit.FAILED,
            "the JVM wrote no cache; the end of its log:\n"
                + cluster.process(recorded).logTail(20));
      }
      Files.move(draft, cache, StandardCopyOption.REPLACE_EXISTING);
      progress.accept("wrote " + cache + ", " + (Files.size(cache) >> 20) + " MiB");
    } finally {
      delete(dir);
    }
  }

  private static void apply(Member member) {
    ManagedChannel channel = Channels.open(member.admin());
    try {
      var unused =
          Calls.within(CatalogServiceGrpc.newBlockingStub(channel), CALL_MS)
              .apply(ApplyCatalogRequest.newBuilder().setYaml(CATALOG).build());
    } finally {
      channel.shutdownNow();
    }
  }

  /** Asks every node: only the one that leads can hand the lead over. */
  private void transfer(ClusterFile file, String to) {
    for (Member member : file.members()) {
      ManagedChannel channel = Channels.open(member.admin());
      try {
        var unused =
            Calls.within(ClusterServiceGrpc.newBlockingStub(channel), CALL_MS)
                .transferLeadership(TransferLeadershipRequest.newBuilder().setToNodeId(to).build());
        return;
      } catch (StatusRuntimeException e) {
        // Another one leads.
      } finally {
        channel.shutdownNow();
      }
    }
    progress.accept("the lead stays where it is");
  }

  private static void delete(Path dir) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(dir)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) Files.deleteIfExists(file);
  }
}
