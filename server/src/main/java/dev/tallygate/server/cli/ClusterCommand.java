package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.server.cli.ClusterFile.Member;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A cluster of node processes on this machine. */
@Command(
    name = "cluster",
    mixinStandardHelpOptions = true,
    description = {
      "A cluster of node processes on this machine, kept in one folder: its configuration, logs and"
          + " storage. For trying, testing and measuring; every node is on loopback."
    },
    footer = {
      "%nExamples:",
      "  tallygate cluster up --dir ./try",
      "  tallygate cluster status --dir ./try",
      "  tallygate catalog apply -f ops/config/catalog.yaml --dir ./try",
      "  tallygate cluster down --dir ./try",
      "`up` again starts the nodes that do not run; deleting the folder after `down` deletes all."
    })
final class ClusterCommand implements Runnable {
  private static final int NODES = 3;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: up, down, status or train");
  }

  @Command(
      name = "up",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Starts the nodes that do not run, and waits until every node serves.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "0:every node serves",
        "1:a node ended",
        "2:the command line is wrong",
        "4:a node does not serve in time"
      })
  int up(
      @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Made if absent.")
          Path dir,
      @Option(names = "--nodes", description = "1 to 5, for a new cluster. Default: " + NODES + ".")
          @Nullable Integer nodes,
      @Option(
              names = "--tls",
              description =
                  "Make a new cluster with TLS on its gRPC listeners and between nodes, and its"
                      + " certificates in DIR/tls. Commands with --dir use them.")
          boolean tls,
      @Option(
              names = "--set",
              paramLabel = "KEY=VALUE",
              description =
                  "A configuration key of every node that is started, kept for later starts;"
                      + " `{node}` stands for the node's id. May be repeated.")
          @Nullable Map<String, String> sets,
      @Option(
              names = "--jvm-option",
              paramLabel = "OPTION",
              description = "A further option of each node's JVM. May be repeated.")
          @Nullable List<String> jvmOptions,
      @Option(
              names = "--timeout-ms",
              defaultValue = "60000",
              description =
                  "Give up waiting for the nodes after this time; they run on. Default: ${DEFAULT-VALUE}.")
          long timeoutMs,
      @Option(names = "--json", description = "One JSON object on standard output.") boolean json)
      throws IOException, InterruptedException {
    if (nodes != null && (nodes < 1 || nodes > 5)) {
      throw new ParameterException(spec.commandLine(), "--nodes `" + nodes + "` is not in 1-5");
    }
    int count = nodes == null ? NODES : nodes;
    try (LocalCluster cluster =
        LocalCluster.openOrMake(
            dir,
            nodes != null || !java.nio.file.Files.exists(ClusterFile.path(dir))
                ? count
                : ClusterFile.read(dir).members().size(),
            tls,
            sets == null ? Map.of() : sets,
            jvmOptions == null ? List.of() : jvmOptions,
            this::progress)) {
      cluster.up(timeoutMs);
      print(json, describe(cluster, dir));
      if (!json) nextSteps(dir);
    }
    return CliExit.OK.number();
  }

  @Command(
      name = "down",
      mixinStandardHelpOptions = true,
      description = "Stops the nodes in good order, and waits. What they stored stays.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:all stopped in good order", "1:a node had to be killed"})
  int down(
      @Option(
              names = "--dir",
              required = true,
              paramLabel = "DIR",
              description = "As given to `up`.")
          Path dir,
      @Option(
              names = "--timeout-ms",
              defaultValue = "40000",
              description = "After which a node is killed. Default: ${DEFAULT-VALUE}.")
          long timeoutMs)
      throws IOException, InterruptedException {
    try (LocalCluster cluster = LocalCluster.open(dir, this::progress)) {
      int killed = cluster.down(timeoutMs);
      if (killed == 0) return CliExit.OK.number();
      progress(killed + " node(s) did not stop in time and were killed; their logs say why");
      return CliExit.FAILED.number();
    }
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "What every node says of itself.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {"0:every node serves", "4:a node does not"})
  int status(
      @Option(
              names = "--dir",
              required = true,
              paramLabel = "DIR",
              description = "As given to `up`.")
          Path dir,
      @Option(names = "--json", description = "One JSON object on standard output.") boolean json)
      throws IOException {
    ClusterStatus status = ClusterStatus.ask(dir);
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? Json.line(status.json()) + "\n" : status.table());
    out.flush();
    return (status.allServe() ? CliExit.OK : CliExit.UNAVAILABLE).number();
  }

  @Command(
      name = "train",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Records how a node starts and works into an ahead-of-time cache (JDK 25 or later), so that"
            + " nodes are at full speed in half the time.",
        "`cluster up` and the launcher use it wherever it is there. Takes a minute; a new build"
            + " discards it."
      })
  int train(
      @Option(
              names = "--seconds",
              defaultValue = "20",
              description =
                  "How long the nodes that are recorded work under load. Default: ${DEFAULT-VALUE}.")
          int seconds)
      throws IOException, InterruptedException {
    new Training(this::progress).run(seconds);
    return CliExit.OK.number();
  }

  private void nextSteps(Path dir) {
    progress("");
    progress("All nodes serve, and go on when this command ends. Next:");
    progress("  ./tallygate catalog apply -f ops/config/catalog.yaml --dir " + dir);
    progress("      # an example, which replaces the set that stands");
    progress("  ./tallygate allocate cad --subject user:alice --session laptop --dir " + dir);
    progress("  ./tallygate pool get cad --dir " + dir);
    progress("  ./tallygate cluster status --dir " + dir);
    progress("  ./tallygate context set try --dir " + dir + " --use");
    progress("      # then no command needs --dir; see `./tallygate context --help`");
    progress("  ./tallygate cluster down --dir " + dir);
  }

  private void progress(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private void print(boolean json, ObjectNode description) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.line(description));
    } else {
      for (var node : description.get("nodes")) {
        Map<String, String> shown = new LinkedHashMap<>();
        node.properties().forEach(field -> shown.put(field.getKey(), field.getValue().asText()));
        out.println(shown.remove("id") + "  " + shown.toString().replace("{", "").replace("}", ""));
      }
    }
    out.flush();
  }

  private static ObjectNode describe(LocalCluster cluster, Path dir) {
    ObjectNode root = Json.object();
    root.put("cluster", cluster.file().clusterId().toString());
    if (cluster.file().tls()) {
      TrialFolder trial = ClusterFile.trial(dir);
      root.putObject("tls")
          .put("ca", trial.certificate(TrialFolder.CA).toString())
          .put("certificate", trial.certificate(TrialFolder.CLIENT).toString())
          .put("key", trial.key(TrialFolder.CLIENT).toString());
    }
    var nodes = root.putArray("nodes");
    for (Member member : cluster.file().members()) {
      NodeProcess process = cluster.process(member);
      nodes
          .addObject()
          .put("id", member.id())
          .put("pid", process.find().map(ProcessHandle::pid).orElse(0L))
          .put("data", member.data())
          .put("admin", member.admin())
          .put("peer", member.peer())
          .put("http", member.http())
          .put("log", process.log().toString())
          .put("storage", process.storage().toString());
    }
    return root;
  }
}
