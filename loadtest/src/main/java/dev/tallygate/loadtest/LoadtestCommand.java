package dev.tallygate.loadtest;

import dev.tallygate.client.CliCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The {@code loadtest} command: measures a workload beside its peers; its subcommands prove things
 * under failure.
 */
@Command(
    name = "loadtest",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    subcommands = {
      KillCommand.class,
      FailoverCommand.class,
      MillionCommand.class,
      KeepAliveCommand.class
    },
    header = "Measures our own cluster beside other systems, or breaks it on purpose and counts.",
    description = {
      "",
      "Without a subcommand: starts three separate node processes (fsync on) and, for each peer, its own processes,"
          + " and drives all of them from one generator in turns, A B C A B C. What a call is:",
      "",
      "  allocate  one unary Allocate of one unit under a fresh id, over 10,000",
      "            pools; only grants count",
      "  refuse    the same against a pool whose one unit is taken; only EXHAUSTED",
      "            counts; grants are measured beside it",
      "  echo      one unary call of 100 bytes to a bare grpc-java process",
      "  etcd      one unary Put of 100 bytes to three etcd processes with default",
      "            settings",
      "",
      "All calls go to the leader, ours and etcd's alike. Figures are medians over the turns.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  tallygate loadtest                           one line, after 3.5 minutes",
      "  tallygate loadtest --workload refuse --json",
      "  tallygate loadtest --quick --html page.html  to see that it works",
      "  tallygate loadtest kill --rounds 200 --seed 7"
    })
public final class LoadtestCommand implements CliCommand {
  @Spec CommandSpec spec;

  @Option(
      names = "--workload",
      defaultValue = "allocate",
      description = "What to measure: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  WorkloadName workload = WorkloadName.allocate;

  @Option(
      names = "--against",
      split = ",",
      description = "Peers: echo, etcd, or both. Default: echo,etcd.")
  List<PeerName> against = List.of(PeerName.echo, PeerName.etcd);

  @Option(names = "--json", description = "Print JSON alone on the output.")
  boolean json;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with the latency curves.")
  @Nullable Path html;

  @Option(
      names = "--quick",
      description =
          "A few seconds of everything, to see that it works. JVMs are cold: no figures to quote.")
  boolean quick;

  @Option(
      names = "--connections",
      defaultValue = "16",
      description = "Connections to each. Default: ${DEFAULT-VALUE}.")
  int connections;

  @Option(
      names = "--in-flight",
      defaultValue = "32",
      description = "Calls in flight on each connection. Default: ${DEFAULT-VALUE}.")
  int inFlight;

  @Option(
      names = "--warm-up",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "Load on our cluster before anything is measured; a peer gets a quarter. Default: 40s.")
  @Nullable Duration warmUp;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Measured slices of each. Default: 5.")
  @Nullable Integer rounds;

  @Option(
      names = "--slice",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "A slice with everything in flight. Default: 5s. With one call in flight it is half of it.")
  @Nullable Duration slice;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "An empty folder for data and logs of all processes; stays. Default: a temporary one.")
  @Nullable Path directory;

  @Option(
      names = "--tls",
      description =
          "Our cluster speaks TLS, with its callers and between its nodes, as `cluster up --tls`"
              + " makes it. The peers stay plaintext: compare with a run without.")
  boolean tls;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting for each of our nodes, as in `cluster up`.")
  List<String> settings = new ArrayList<>();

  /** For the launcher, which finds this class through ServiceLoader. */
  public LoadtestCommand() {}

  @Override
  public Integer call() throws Exception {
    Output output = new Output(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
    requireRange("--connections", connections, 1, 256);
    requireRange("--in-flight", inFlight, 1, 1024);
    return DriverProcess.run(
        spec, () -> output.guard(() -> new CompareSession(this, plan(), output).run()));
  }

  ComparePlan plan() {
    Duration total =
        warmUp != null ? warmUp : quick ? Duration.ofSeconds(4) : Duration.ofSeconds(40);
    Duration many = slice != null ? slice : Duration.ofSeconds(quick ? 1 : 5);
    int turns = rounds != null ? rounds : quick ? 2 : 5;
    requireRange("--rounds", turns, 1, 1000);
    return new ComparePlan(
        connections,
        inFlight,
        total,
        total.dividedBy(4),
        quick ? 1 : 4,
        turns,
        many,
        many.dividedBy(2));
  }

  private void requireRange(String name, int value, int min, int max) {
    if (value >= min && value <= max) return;
    throw new picocli.CommandLine.ParameterException(
        spec.commandLine(), name + " `" + value + "` is not within " + min + " to " + max);
  }
}
