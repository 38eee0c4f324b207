package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.AllocateTemplate;
import dev.tallygate.loadtest.drive.AllocateWorkload;
import dev.tallygate.loadtest.drive.EchoWorkload;
import dev.tallygate.loadtest.drive.EtcdPut;
import dev.tallygate.loadtest.drive.Generator;
import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.loadtest.peer.EchoPeer;
import dev.tallygate.loadtest.peer.EtcdPeer;
import dev.tallygate.loadtest.peer.NodeFsyncs;
import dev.tallygate.loadtest.peer.Peer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One comparison from the first process started to the report printed. */
final class CompareSession {
  private static final int NODES = 3;
  private static final int POOLS = 10_000;
  private static final Contestant.Probe NOTHING = new Contestant.Probe() {};

  private final LoadtestCommand options;
  private final ComparePlan plan;
  private final Output output;
  private final List<Peer> started = new ArrayList<>();

  CompareSession(LoadtestCommand options, ComparePlan plan, Output output) {
    this.options = options;
    this.plan = plan;
    this.output = output;
  }

  int run() throws InterruptedException {
    // Before anything is started: a missing peer should not cost a minute.
    if (options.against.contains(PeerName.etcd)) EtcdPeer.requireInstalled();
    WorkDirectory work = WorkDirectory.open(options.directory);
    try (Generator generator = new Generator(new SecureRandom().nextLong())) {
      output.progress("starting " + NODES + " nodes in " + work.path());
      Cluster cluster = start(Cluster.start(work.path(), NODES, options.tls, options.settings));
      cluster.admin(cluster.awaitLeader().id()).applyCatalog(Catalogs.compare());
      LogGrowth growth = refuses() ? new LogGrowth(cluster) : null;
      List<Contestant> contestants = contestants(cluster, growth, work);
      if (refuses()) takeTheOnlyUnit(generator, cluster);
      Map<String, List<NodeFsyncs>> fsync =
          new CompareRun(plan, contestants, output::progress).run(generator);
      report(contestants, fsync, growth);
    } finally {
      started.forEach(Peer::close);
    }
    work.discard();
    return 0;
  }

  private boolean refuses() {
    return options.workload == WorkloadName.refuse;
  }

  private <P extends Peer> P start(P peer) {
    started.add(peer);
    return peer;
  }

  private List<Contestant> contestants(
      Cluster cluster, @Nullable LogGrowth growth, WorkDirectory work) throws InterruptedException {
    List<Contestant> all = new ArrayList<>();
    AllocateWorkload grants = AllocateWorkload.grants(grantTails());
    if (growth == null) {
      all.add(new Contestant("tallygate", cluster, grants, NOTHING));
    } else {
      AllocateWorkload refusals = AllocateWorkload.refusals(exhaustedTail());
      all.add(new Contestant("tallygate", cluster, refusals, growth));
      all.add(new Contestant("grants", cluster, grants, NOTHING));
    }
    for (PeerName peer : options.against) {
      output.progress("starting " + peer);
      all.add(
          switch (peer) {
            case echo ->
                new Contestant(
                    "echo", start(EchoPeer.start(work.path())), new EchoWorkload(), NOTHING);
            case etcd ->
                new Contestant("etcd", start(EtcdPeer.start(work.path())), new EtcdPut(), NOTHING);
          });
    }
    return all;
  }

  private static byte[][] grantTails() {
    byte[][] tails = new byte[POOLS][];
    for (int pool = 0; pool < POOLS; pool++) {
      tails[pool] =
          AllocateTemplate.tail(
              Catalogs.GRANTS, "u" + pool, String.format(Locale.ROOT, "account-%04d", pool), "");
    }
    return tails;
  }

  private static byte[][] exhaustedTail() {
    return new byte[][] {AllocateTemplate.tail(Catalogs.EXHAUSTED, "u0", "account-0000", "")};
  }

  private void takeTheOnlyUnit(Generator generator, Cluster cluster) throws InterruptedException {
    AllocateWorkload once = AllocateWorkload.grants(exhaustedTail());
    try (Generator.Line line =
        generator.line(cluster.leader(), cluster.credentials(), once, 1, 1)) {
      long granted = line.runOne(Duration.ofMillis(200)).counted();
      if (granted == 1) return;
      throw new LoadtestException("a pool of one unit granted " + granted);
    }
  }

  private void report(
      List<Contestant> contestants,
      Map<String, List<NodeFsyncs>> fsync,
      @Nullable LogGrowth growth) {
    for (Contestant each : contestants) {
      if (each.many().counted() == 0 || each.one().counted() == 0) {
        throw new LoadtestException(
            each.name() + " gave nothing that counts, but " + each.many().others());
      }
    }
    String what =
        "one unary call, one unit, a fresh id each; "
            + POOLS
            + " pools; all calls to the leader;"
            + " only "
            + (refuses() ? "EXHAUSTED refusals count" : "grants count")
            + (options.tls ? "; TLS on our cluster alone, with certificates on both ends" : "")
            + "; etcd: one Put of 100 bytes a call; medians over alternating slices";
    CompareReport report =
        CompareReport.of(
            options.workload.name(),
            what,
            plan,
            contestants,
            fsync,
            growth == null ? null : growth.report());
    if (options.html != null) {
      Map<String, Histogram> curves = new LinkedHashMap<>();
      contestants.forEach(each -> curves.put(each.name(), each.many().latencyNs()));
      HtmlReport.write(options.html, report, curves);
    }
    fsync.forEach(
        (name, nodes) -> nodes.forEach(node -> output.progress(name + " while measured: " + node)));
    output.result(report.line(), report);
  }
}
