package dev.tallygate.loadtest;

import dev.tallygate.client.CliCommand;
import dev.tallygate.loadtest.peer.Cluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code loadtest million} command: what a million live leases cost a node. */
@Command(
    name = "million",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header =
        "Fills one million live leases; measures heap, snapshot pause, and a restart after kill -9.",
    description = {
      "",
      "Starts a cluster of its own and opens sessions until all are live: unary calls, 512 in flight. Then, on each node:"
          + " the heap that lives after a full collection (jcmd and jstat of the JDK, so not the node's own word); how"
          + " long apply stands still for a snapshot (the node's metrics) and the longest that a caller waited"
          + " meanwhile; and how soon a follower answers a read of a pool, one at a time. Last, a node is killed and started"
          + " again: how long until it grants.",
      ""
    },
    footer = {
      "",
      "Exit code: 0 if the heap is within 512 MB, the pause below 100 ms, 99 of 100 reads below 1 ms and the restart"
          + " within 20 s, else 1."
    })
final class MillionCommand implements CliCommand {
  private static final int NODES = 3;

  @Spec CommandSpec spec;

  @Option(
      names = "--leases",
      defaultValue = "1000000",
      description = "1,000 to 10,000,000. Default: ${DEFAULT-VALUE}.")
  int leases;

  @Option(
      names = "--partitions",
      defaultValue = "1",
      description =
          "Pools that share the leases, 1 to 1,000,000; more than 200,000 want `--set"
              + " bounds.pools-max=N`. Default: ${DEFAULT-VALUE}.")
  int partitions;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "An empty folder for data and logs; stays. Default: a temporary one.")
  @Nullable Path directory;

  @Option(names = "--json", description = "Print JSON alone on the output.")
  boolean json;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting for each node, as in `cluster up`.")
  List<String> settings = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    if (leases < 1_000 || leases > 10_000_000) {
      throw new ParameterException(
          spec.commandLine(), "--leases `" + leases + "` is not within 1,000 to 10,000,000");
    }
    int partitionsMax = Math.min(leases, 1_000_000);
    if (partitions < 1 || partitions > partitionsMax) {
      throw new ParameterException(
          spec.commandLine(),
          String.format(
              Locale.ROOT, "--partitions `%d` is not within 1 to %,d", partitions, partitionsMax));
    }
    Output output = new Output(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
    return DriverProcess.run(spec, () -> output.guard(() -> run(output)));
  }

  private int run(Output output) throws InterruptedException {
    WorkDirectory work = WorkDirectory.open(directory);
    output.progress("starting " + NODES + " nodes in " + work.path());
    MillionReport report;
    try (Cluster cluster = Cluster.start(work.path(), NODES, settings)) {
      report = new MillionRun(cluster, leases, partitions, output::progress).run();
    }
    work.discard();
    output.result(report.line(), report);
    return report.withinBounds() ? 0 : 1;
  }
}
