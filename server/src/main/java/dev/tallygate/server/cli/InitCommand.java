package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.server.tls.HostName;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes the certificates of a trial. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes what a trial with TLS needs: a CA, a certificate for each node and one for callers, each"
          + " with a private key that only its owner can read. Nothing is overwritten.",
      "For production let your own CA sign them: a node's for servers and clients, with the host of"
          + " its `peers` entry among its subject alternative names."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:made",
      "1:could not be made or written",
      "2:the command line is wrong, or the folder holds something"
    },
    footer = {
      "%nExamples:",
      "  tallygate init --dir ./tls",
      "  tallygate init --dir ./tls --host node-1=10.0.0.1 --host node-2=10.0.0.2 --host"
          + " node-3=10.0.0.3"
    })
final class InitCommand implements Callable<Integer> {
  private static final int DAYS_MAX = 825;

  @Spec private CommandSpec spec;

  @Option(names = "--dir", required = true, paramLabel = "DIR", description = "Empty, or absent.")
  private Path dir = Path.of("");

  @Option(
      names = "--nodes",
      defaultValue = "3",
      description = "1 to 5, called node-1 and so on. Default: ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--host",
      paramLabel = "NODE=HOST",
      description =
          "A name or address under which a node is reached, beside those of loopback. May be"
              + " repeated, for one node too.")
  private List<String> hosts = List.of();

  @Option(
      names = "--days",
      defaultValue = "" + TrialFolder.DAYS,
      description = "How long all of it is valid. Default: ${DEFAULT-VALUE}.")
  private int days;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    require(nodes >= 1 && nodes <= 5, "--nodes `" + nodes + "` is not in 1-5");
    require(days >= 1 && days <= DAYS_MAX, "--days `" + days + "` is not in 1-" + DAYS_MAX);
    Map<String, List<String>> hostsByNode = hostsByNode();
    TrialFolder folder = new TrialFolder(dir);
    List<String> files = folder.make(hostsByNode, days);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode root = Json.object();
      root.put("dir", folder.dir().toString());
      var list = root.putArray("files");
      files.forEach(list::add);
      out.println(Json.line(root));
    } else {
      files.forEach(file -> out.println(folder.dir().resolve(file)));
      nextSteps(folder);
    }
    out.flush();
    return CliExit.OK.number();
  }

  private Map<String, List<String>> hostsByNode() {
    Map<String, List<String>> byNode = new LinkedHashMap<>();
    for (int i = 1; i <= nodes; i++) byNode.put("node-" + i, new ArrayList<>(TrialFolder.LOOPBACK));
    for (String pair : hosts) {
      int equals = pair.indexOf('=');
      List<String> known = byNode.get(pair.substring(0, Math.max(0, equals)));
      require(
          known != null,
          "--host `"
              + pair
              + "` is not NODE=HOST with one of "
              + String.join(", ", byNode.keySet()));
      String host = pair.substring(equals + 1);
      require(
          host.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?") || HostName.of(host).isAddress(),
          "--host `" + pair + "`: `" + host + "` is no host name or address; it has no port");
      if (known != null && !known.contains(host)) known.add(host);
    }
    return byNode;
  }

  private void nextSteps(TrialFolder folder) {
    PrintWriter err = spec.commandLine().getErr();
    String own = "certificate: " + folder.certificate("node-1") + ", key: " + folder.key("node-1");
    String ca = folder.certificate(TrialFolder.CA).toString();
    String callers = "tls: {" + own + ", client-auth: require, client-ca: " + ca + "}";
    err.println();
    err.println("Valid for " + days + " days. Next, in the configuration of node-1:");
    err.println("  listeners:");
    err.println("    data: {address: \"HOST:7420\", " + callers + "}");
    err.println("    admin: {address: \"HOST:7421\", " + callers + "}");
    err.println("    peer: {address: \"HOST:7422\", tls: {" + own + ", ca: " + ca + "}}");
    err.println("The same with its own files for each other node. Give a node no other's key.");
    err.println("Then ask with:");
    err.println(
        "  ./tallygate status --admin HOST:7421 --tls-ca "
            + ca
            + " --tls-cert "
            + folder.certificate(TrialFolder.CLIENT)
            + " --tls-key "
            + folder.key(TrialFolder.CLIENT));
    err.println(
        "Keep "
            + folder.key(TrialFolder.CA)
            + " away from nodes and callers: whoever has it can make both.");
    err.flush();
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) throw new ParameterException(spec.commandLine(), otherwise);
  }
}
