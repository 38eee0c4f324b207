package dev.tallygate.server.cli;

import dev.tallygate.client.CliCommand;
import dev.tallygate.server.Version;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code tallygate} command: finds its subcommands, runs one and exits with its code. */
@Command(
    name = "tallygate",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionText.class,
    description = "A licensing and access decision point.")
public final class Main implements Runnable {
  @Spec CommandSpec spec;

  Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    List.of(
            new DemoCommand(),
            new ServerCommand(),
            new ClusterCommand(),
            new StatusCommand(),
            new AllocateCommand(),
            new RenewCommand(),
            new ReleaseCommand(),
            new CommitCommand(),
            new CancelCommand(),
            new CatalogCommand(),
            new PoolCommand(),
            new LeaseCommand(),
            new LedgerCommand(),
            new NodeCommand())
        .forEach(commandLine::addSubcommand);
    commandLine.setExecutionExceptionHandler(Main::explain);
    for (CliCommand contributed : ServiceLoader.load(CliCommand.class)) {
      commandLine.addSubcommand(contributed);
    }
    return commandLine;
  }

  private static int explain(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) throws Exception {
    if (!(failure instanceof CliException known)) throw failure;
    commandLine.getErr().println(known.getMessage());
    commandLine.getErr().flush();
    return known.exit().number();
  }

  /** For {@code --version}. */
  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"tallygate " + Version.text()};
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is missing");
  }
}
