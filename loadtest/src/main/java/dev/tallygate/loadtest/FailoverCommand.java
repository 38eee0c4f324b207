package dev.tallygate.loadtest;

import dev.tallygate.client.CliCommand;
import dev.tallygate.loadtest.fault.FailoverReport;
import dev.tallygate.loadtest.fault.FailoverRun;
import dev.tallygate.loadtest.peer.Cluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code loadtest failover} command: how long allocations stand still when the leader dies. */
@Command(
    name = "failover",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Kills the leader under load (kill -9) and measures until allocations flow again.",
    description = {
      "",
      "Starts a cluster of its own at its default timeouts. An outage lasts from the kill to the first grant of a request"
          + " that was sent after it, to whichever node. The killed node is started again before the next kill.",
      ""
    },
    footer = {"", "Exit code: 0 if the longest outage is within 5 s, else 1."})
final class FailoverCommand implements CliCommand {
  private static final int NODES = 3;

  @Spec CommandSpec spec;

  @Option(
      names = "--times",
      defaultValue = "10",
      description = "1 to 1,000. Default: ${DEFAULT-VALUE}.")
  int times;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of when the leader dies. Default: ${DEFAULT-VALUE}.")
  long seed;

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
    if (times < 1 || times > 1_000) {
      throw new ParameterException(
          spec.commandLine(), "--times `" + times + "` is not within 1 to 1,000");
    }
    Output output = new Output(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
    return DriverProcess.run(spec, () -> output.guard(() -> run(output)));
  }

  private int run(Output output) throws InterruptedException {
    WorkDirectory work = WorkDirectory.open(directory);
    output.progress("starting " + NODES + " nodes in " + work.path());
    FailoverReport report;
    try (Cluster cluster = Cluster.start(work.path(), NODES, settings)) {
      cluster.admin(cluster.awaitLeader().id()).applyCatalog(Catalogs.compare());
      report = new FailoverRun(cluster, times, seed, Catalogs.GRANTS, output::progress).run();
    }
    work.discard();
    output.result(report.line(), report);
    return report.withinBound() ? 0 : 1;
  }
}
