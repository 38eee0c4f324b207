package dev.tallygate.server.cli;

import dev.tallygate.raft.StorageRefusal;
import dev.tallygate.server.ExitCode;
import dev.tallygate.server.PdpServer;
import dev.tallygate.server.ProcessHalt;
import dev.tallygate.server.config.ConfigException;
import dev.tallygate.server.config.ConfigReader;
import dev.tallygate.server.config.NodeConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sun.misc.Signal;

/** Runs one node in this process until it is told to stop. */
@Command(
    name = "server",
    mixinStandardHelpOptions = true,
    description = {
      "Runs one node until SIGTERM or SIGINT, which stop it in good order: not serving, calls in"
          + " flight answered, the lead handed over, the tables closed.",
      "To try a whole cluster on this machine, use `tallygate cluster up` instead."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:stopped in good order",
      "1:could not start, for example because a port is in use",
      "2:the command line is wrong",
      "70:halted: a broken invariant or a failed disk; restarting rebuilds the tables",
      "71:the stop took too long and was cut short",
      "78:the configuration is refused",
      "79:the storage is refused: starting could lose or double a grant"
    },
    footer = {
      "%nExample:",
      "  tallygate server --config /etc/tallygate/node-1.yaml",
      "Every key is explained in ops/config/tallygate.yaml."
    })
final class ServerCommand implements Callable<Integer> {
  private static final String[] SIGNALS = {"TERM", "INT"};

  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The node's configuration, in YAML.")
  private Path config = Path.of("");

  @Option(
      names = "--new-member",
      description =
          "Allow an empty storage directory to become a new node's. Only for the first start of a"
              + " node: a node whose disk was lost would forget its votes.")
  private boolean newMember;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    NodeConfig node;
    try {
      node = ConfigReader.read(config, newMember);
    } catch (ConfigException e) {
      e.faults().forEach(err::println);
      err.println("the node does not start: " + e.faults().size() + " fault(s), named above");
      return ExitCode.CONFIG_REFUSED.number();
    }
    PdpServer server;
    try {
      server = PdpServer.start(node, new ProcessHalt());
    } catch (StorageRefusal e) {
      err.println("the node does not start: " + e.getMessage());
      return ExitCode.STORAGE_REFUSED.number();
    } catch (IOException | RuntimeException e) {
      err.println("the node does not start: " + reasons(e));
      return ExitCode.START_FAILED.number();
    }
    awaitSignal();
    server.stop();
    return ExitCode.STOPPED.number();
  }

  /**
   * Waits for SIGTERM or SIGINT. Not a shutdown hook: while hooks run the log is closed already,
   * and a stop that goes wrong would leave no word.
   */
  private static void awaitSignal() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    for (String name : SIGNALS) Signal.handle(new Signal(name), signal -> told.countDown());
    told.await();
  }

  private static String reasons(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (text.length() > 0) text.append(": ");
      text.append(at.getMessage() == null ? at.getClass().getSimpleName() : at.getMessage());
    }
    return text.toString();
  }
}
