package dev.tallygate.server.cli;

import dev.tallygate.server.Shown;
import dev.tallygate.server.Version;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code tallygate} command: finds its subcommands, runs one and exits with its code. */
@Command(
    name = "tallygate",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionText.class,
    sortOptions = false,
    description = {
      "Grants, counts and takes back license units, exactly: seats that are held for a time, and"
          + " quotas that are used up in a window. A cluster of nodes keeps every limit while nodes"
          + " fail.",
      "",
      "`server` and `cluster` run nodes; all other commands ask a cluster that runs."
    },
    footer = {
      "%nStart here:",
      "  tallygate demo                     a story on three nodes, counts checked",
      "  tallygate cluster up --dir ./try   a cluster of your own on this machine",
      "  tallygate catalog --help           how to say what is sold",
      "  tallygate allocate --help          how to take units of it",
      "  tallygate context --help           how to name a cluster once",
      "  source <(tallygate completion bash)"
    })
public final class Main implements Runnable {
  @Spec CommandSpec spec;

  Main() {}

  public static void main(String[] args) {
    System.exit(commandLine(Environment.ofProcess(), args).execute(args));
  }

  /** With every subcommand, in an empty environment. */
  static CommandLine commandLine() {
    return commandLine(new Environment(Map.of()));
  }

  /** With every subcommand. */
  static CommandLine commandLine(Environment environment) {
    Parts parts = new Parts(environment);
    CommandLine commandLine = bare(parts);
    Commands.addAll(commandLine, parts);
    return commandLine;
  }

  /** With what these arguments need. */
  static CommandLine commandLine(Environment environment, String[] arguments) {
    Parts parts = new Parts(environment);
    CommandLine commandLine = bare(parts);
    Commands.addFor(arguments, commandLine, parts);
    return commandLine;
  }

  private static CommandLine bare(Parts parts) {
    return new CommandLine(new Main(), parts)
        .setExecutionExceptionHandler(Main::explain)
        .setParameterExceptionHandler(Main::usage);
  }

  /** The fault last, where it is seen: the help of a command is longer than a screen. */
  private static int usage(ParameterException fault, String[] arguments) {
    CommandLine command = fault.getCommandLine();
    PrintWriter err = command.getErr();
    // Of one that only has verbs, the help is what is asked for.
    if (!command.getSubcommands().isEmpty()) {
      command.usage(err);
      err.println();
    }
    err.println(fault.getMessage());
    UnmatchedArgumentException.printSuggestions(fault, err);
    err.println("See `" + command.getCommandSpec().qualifiedName() + " --help`.");
    err.flush();
    // `plan` has its own: its 2 is an answer.
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int explain(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) throws Exception {
    CliException known =
        switch (failure) {
          case CliException already -> already;
          case FileSystemException file -> new CliException(CliExit.FAILED, aboutFile(file));
          default -> throw failure;
        };
    commandLine.getErr().println(Shown.lines(String.valueOf(known.getMessage())));
    commandLine.getErr().flush();
    return known.exit().number();
  }

  private static String aboutFile(FileSystemException failure) {
    String reason =
        switch (failure) {
          case NoSuchFileException none -> "there is no such file or folder";
          case AccessDeniedException denied -> "access is denied";
          case FileAlreadyExistsException exists -> "it is there already, and no folder";
          default ->
              failure.getReason() == null
                  ? failure.getClass().getSimpleName()
                  : failure.getReason();
        };
    return "`"
        + failure.getFile()
        + "`: "
        + reason
        + "; check the path, who may write there, and that the disk has room";
  }

  /** Makes commands and what is mixed into them; some of it looks at the environment. */
  private record Parts(Environment environment) implements IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == Target.class) return type.cast(new Target(environment));
      if (type == ContextCommand.class) return type.cast(new ContextCommand(environment));
      return CommandLine.defaultFactory().create(type);
    }
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
