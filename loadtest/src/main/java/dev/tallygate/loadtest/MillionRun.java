package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.AllocateTemplate;
import dev.tallygate.loadtest.drive.AllocateWorkload;
import dev.tallygate.loadtest.drive.Generator;
import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.loadtest.drive.PoolReads;
import dev.tallygate.loadtest.drive.SessionWorkload;
import dev.tallygate.loadtest.drive.Slice;
import dev.tallygate.loadtest.peer.Await;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.loadtest.peer.ClusterNode;
import dev.tallygate.loadtest.peer.Heap;
import dev.tallygate.loadtest.peer.Metrics;
import dev.tallygate.proto.v1.StatusResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opens the sessions and measures. From each node it reads {@link Metrics#SNAPSHOT_PAUSES} on
 * {@code http://<http>/metrics}, {@code http} being the address in the answer of `cluster up`; all
 * else is seen from outside.
 */
final class MillionRun {
  private static final int CONNECTIONS = 16;
  private static final int CALLS_PER_CONNECTION = 32;
  private static final Duration TURN = Duration.ofSeconds(2);
  private static final Duration FILL_MAX = Duration.ofMinutes(15);
  private static final Duration SERVE_MAX = Duration.ofMinutes(2);
  private static final Duration PROBE = Duration.ofSeconds(4);
  private static final Duration GRANT_TRY = Duration.ofMillis(20);
  private static final long KB_PER_MB = 1_024;
  private static final double MS_PER_S = 1e3;

  private final Cluster cluster;
  private final long leases;
  private final int partitions;
  private final Consumer<String> progress;

  MillionRun(Cluster cluster, long leases, int partitions, Consumer<String> progress) {
    this.cluster = cluster;
    this.leases = leases;
    this.partitions = partitions;
    this.progress = progress;
  }

  MillionReport run() throws InterruptedException {
    String catalog = Catalogs.million(leases, partitions) + Catalogs.compare();
    cluster.admin(cluster.awaitLeader().id()).applyCatalog(catalog);
    try (Generator generator = new Generator(new SecureRandom().nextLong())) {
      double fillRate = fill(generator);
      List<MillionReport.NodeFigures> figures = new ArrayList<>();
      for (ClusterNode node : cluster.nodes()) figures.add(figures(generator, node));
      Slice reads = poolReads(generator);
      ClusterNode victim = cluster.nodes().getLast();
      long restartMs = restart(generator, victim);
      return new MillionReport(
          leases,
          partitions,
          fillRate,
          figures,
          reads.latencyUs(50),
          reads.latencyUs(99),
          victim.id(),
          restartMs);
    }
  }

  private double fill(Generator generator) throws InterruptedException {
    long granted = 0;
    long startNs = System.nanoTime();
    try (Generator.Line line =
        generator.line(
            cluster.leader(),
            new SessionWorkload(Catalogs.SESSIONS, partitions),
            CONNECTIONS,
            CALLS_PER_CONNECTION)) {
      while (live() < leases) {
        Slice slice = line.runMany(TURN);
        granted += slice.counted();
        progress.accept(
            String.format(
                Locale.ROOT,
                "%,d leases are live, %,.0f/s %s",
                live(),
                slice.rate(),
                slice.others()));
        if (System.nanoTime() - startNs > FILL_MAX.toNanos()) {
          throw new LoadtestException(
              "only " + granted + " leases after " + FILL_MAX.toMinutes() + " minutes");
        }
      }
    }
    return granted * 1e9 / (System.nanoTime() - startNs);
  }

  private long live() throws InterruptedException {
    ClusterNode leader = cluster.awaitLeader();
    if (partitions == 1)
      return cluster.admin(leader.id()).pool(Catalogs.SESSIONS, "").getPool().getHeld();
    String http = leader.http();
    if (http == null) throw new LoadtestException("the leader has no metrics to count leases by");
    return (long) Metrics.read(http).sum(Metrics.LEASES).orElse(0);
  }

  /** Reads pools on a follower, one call in flight. */
  private Slice poolReads(Generator generator) throws InterruptedException {
    String leader = cluster.awaitLeader().id();
    ClusterNode follower =
        cluster.nodes().stream()
            .filter(node -> !node.id().equals(leader))
            .findFirst()
            .orElseThrow();
    try (Generator.Line line =
        generator.line(follower.data(), new PoolReads(Catalogs.SESSIONS, partitions), 1, 1)) {
      line.runOne(PROBE);
      Slice slice = line.runOne(PROBE);
      if (!slice.others().isEmpty())
        throw new LoadtestException("reads of pools were answered " + slice.others());
      return slice;
    }
  }

  private MillionReport.NodeFigures figures(Generator generator, ClusterNode node)
      throws InterruptedException {
    Heap heap = Heap.afterCollection(node.pid());
    OptionalDouble pausesBeforeS = pauses(node);
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    Thread snapshot =
        Thread.ofPlatform()
            .name("snapshot-" + node.id())
            .start(
                () -> {
                  try {
                    cluster.admin(node.id()).snapshot();
                  } catch (RuntimeException e) {
                    failure.set(e);
                  }
                });
    Slice slice;
    try (Generator.Line line = generator.line(cluster.leader(), grants(), 1, 1)) {
      slice = line.runOne(PROBE);
    }
    snapshot.join();
    RuntimeException failed = failure.get();
    if (failed != null) throw new LoadtestException("no snapshot on " + node.id(), failed);
    OptionalDouble pausesS = pauses(node);
    MillionReport.NodeFigures figures =
        new MillionReport.NodeFigures(
            node.id(),
            heap.usedKb() / KB_PER_MB,
            heap.committedKb() / KB_PER_MB,
            pausesS.isPresent()
                ? (pausesS.getAsDouble() - pausesBeforeS.orElse(0)) * MS_PER_S
                : null,
            slice.latencyUs(100) / MS_PER_S);
    progress.accept(figures.toString());
    return figures;
  }

  private static OptionalDouble pauses(ClusterNode node) throws InterruptedException {
    String http = node.http();
    return http == null ? OptionalDouble.empty() : Metrics.read(http).sum(Metrics.SNAPSHOT_PAUSES);
  }

  private long restart(Generator generator, ClusterNode victim) throws InterruptedException {
    cluster.kill(victim.id());
    long target =
        cluster.status(cluster.awaitLeader().id()).map(StatusResponse::getCommitIndex).orElse(0L);
    long startNs = System.nanoTime();
    cluster.up();
    boolean served =
        Await.until(SERVE_MAX, () -> hasApplied(victim, target) && grants(generator, victim));
    if (!served) {
      throw new LoadtestException(
          victim.id() + " does not serve " + SERVE_MAX.toSeconds() + " s after its restart");
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
  }

  private boolean hasApplied(ClusterNode node, long target) {
    return cluster.status(node.id()).map(s -> s.getAppliedIndex() >= target).orElse(false);
  }

  private boolean grants(Generator generator, ClusterNode node) throws InterruptedException {
    String address = cluster.node(node.id()).data();
    try (Generator.Line line = generator.line(address, grants(), 1, 1)) {
      return line.runOne(GRANT_TRY).counted() > 0;
    } catch (LoadtestException e) {
      return false;
    }
  }

  private static AllocateWorkload grants() {
    return AllocateWorkload.grants(
        new byte[][] {AllocateTemplate.tail(Catalogs.GRANTS, "probe", "probe", "")});
  }
}
