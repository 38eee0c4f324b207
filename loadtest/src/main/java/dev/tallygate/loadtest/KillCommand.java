package dev.tallygate.loadtest;

import dev.tallygate.client.CliCommand;
import dev.tallygate.loadtest.fault.KillReport;
import dev.tallygate.loadtest.fault.KillRun;
import dev.tallygate.loadtest.peer.Cluster;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code loadtest kill} command: exactness while nodes are killed. */
@Command(
    name = "kill",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header =
        "Kills random nodes under load (kill -9), restarts them, and proves that every count is exact.",
    description = {
      "",
      "Starts a cluster of its own. Customers with retries, copies, late repeats, zombies and vanishing sessions fight"
          + " over small pools: concurrent sessions, a meter, and a meter with holds. In each round nodes are killed at a"
          + " random moment and started again; then the round's meters are spent to the last unit and an oracle that knows"
          + " only the answers looks for:",
      "",
      "  over-grants      more units live or used than the limit, at any time",
      "  lost grants      an acknowledged lease, hold or receipt that is gone before its time",
      "  double effects   one request id with two outcomes; one grant under two ids",
      "  wrong answers    anything else that the contract does not allow",
      "  inexact          a spent pool that does not add up to its limit; seats that do not come back",
      "  replicas         digests that differ at one index",
      "  ledger           the ledger of each node, recounted, tells another story",
      "",
      "Stops at the first round with a fault and keeps its folder. A round takes some seconds.",
      ""
    },
    footer = {"", "Exit code: 0 if every count is zero, else 1."})
final class KillCommand implements CliCommand {
  private static final int NODES = 3;
  private static final String SNAPSHOT_KEY = "raft.snapshot-entries=";
  private static final int SNAPSHOT_ENTRIES = 3_000;

  @Spec CommandSpec spec;

  @Option(
      names = "--rounds",
      defaultValue = "20",
      description = "1 to 10,000. Default: ${DEFAULT-VALUE}.")
  int rounds;

  @Option(
      names = "--seed",
      description =
          "Of which node dies when and of what customers do. Default: a random one; it is printed.")
  @Nullable Long seed;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "An empty folder for data and logs; stays. Default: a temporary one, kept only after a fault.")
  @Nullable Path directory;

  @Option(names = "--json", description = "Print JSON alone on the output.")
  boolean json;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "A setting for each node, as in `cluster up`. Unless told otherwise a snapshot is taken"
              + " every 3,000 entries.")
  List<String> settings = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    if (rounds < 1 || rounds > 10_000) {
      throw new ParameterException(
          spec.commandLine(), "--rounds `" + rounds + "` is not within 1 to 10,000");
    }
    Output output = new Output(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
    return DriverProcess.run(spec, () -> output.guard(() -> run(output)));
  }

  private int run(Output output) throws InterruptedException {
    long chosen = seed != null ? seed : new SecureRandom().nextInt(Integer.MAX_VALUE);
    WorkDirectory work = WorkDirectory.open(directory);
    output.progress("seed " + chosen + ", starting " + NODES + " nodes in " + work.path());
    KillReport report;
    try (Cluster cluster = Cluster.start(work.path(), NODES, allSettings())) {
      report = new KillRun(cluster, rounds, chosen, output::progress).run();
    }
    output.result(report.line(), report);
    if (!report.clean()) {
      report.first().forEach(output::progress);
      output.progress("data and logs are kept in " + work.path());
      return 1;
    }
    work.discard();
    return 0;
  }

  /** Snapshots often enough that nodes die while one is taken, and come back from one. */
  private List<String> allSettings() {
    List<String> all = new ArrayList<>(settings);
    if (settings.stream().noneMatch(setting -> setting.startsWith(SNAPSHOT_KEY)))
      all.add(SNAPSHOT_KEY + SNAPSHOT_ENTRIES);
    return all;
  }
}
