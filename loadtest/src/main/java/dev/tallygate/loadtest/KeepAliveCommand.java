package dev.tallygate.loadtest;

import dev.tallygate.client.CliCommand;
import dev.tallygate.loadtest.peer.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code loadtest keepalive} command: what it costs a leader to keep many leases alive. */
@Command(
    name = "keepalive",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Keeps 100,000 leases of 60 s alive over streams; measures CPU per renewal.",
    description = {
      "",
      "Starts a cluster of its own and takes the leases in batches. Then every lease is renewed"
          + " each third of its ttl, over streams to all nodes in turn: two rounds as a warm-up,"
          + " then for as long as is asked. Then it measures the same nodes while nobody asks; what"
          + " is more is the renewals'. CPU time is the operating system's. Last, the leader is"
          + " killed, and every lease is renewed once through the nodes that are left.",
      ""
    },
    footer = {
      "",
      "Exit code: 0 if no renewal failed, no lease was lost and the leader spent less than 10 %% of"
          + " a core on renewals, else 1."
    })
final class KeepAliveCommand implements CliCommand {
  private static final int NODES = 3;

  @Spec CommandSpec spec;

  @Option(
      names = "--leases",
      defaultValue = "100000",
      description = "1,000 to 1,000,000. Default: ${DEFAULT-VALUE}.")
  int leases;

  @Option(
      names = "--streams",
      defaultValue = "30",
      description = "Streams that share the leases, 1 to 1,000. Default: ${DEFAULT-VALUE}.")
  int streams;

  @Option(
      names = "--per-message",
      defaultValue = "500",
      description = "Renewals of one message, 1 to 1,000. Default: ${DEFAULT-VALUE}.")
  int perMessage;

  @Option(
      names = "--time",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      defaultValue = "60s",
      description = "How long to measure, 5s to 10m. Default: ${DEFAULT-VALUE}.")
  Duration time = Duration.ofSeconds(60);

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
    require("--leases", leases, 1_000, 1_000_000);
    require("--streams", streams, 1, 1_000);
    require("--per-message", perMessage, 1, 1_000);
    require("--time in seconds", time.toSeconds(), 5, 600);
    Output output = new Output(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
    return DriverProcess.run(spec, () -> output.guard(() -> run(output)));
  }

  private void require(String name, long value, long min, long max) {
    if (value >= min && value <= max) return;
    throw new ParameterException(
        spec.commandLine(), name + " `" + value + "` is not within " + min + " to " + max);
  }

  private int run(Output output) throws InterruptedException {
    WorkDirectory work = WorkDirectory.open(directory);
    output.progress("starting " + NODES + " nodes in " + work.path());
    KeepAliveReport report;
    try (Cluster cluster = Cluster.start(work.path(), NODES, settings);
        KeepAliveRun run =
            new KeepAliveRun(cluster, leases, streams, perMessage, output::progress)) {
      report = run.run(time);
    }
    work.discard();
    output.result(report.line(), report);
    return report.withinBounds() ? 0 : 1;
  }
}
