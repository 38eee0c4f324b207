package dev.tallygate.server.cli;

import dev.tallygate.client.CliCommand;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Model.CommandSpec;

/** The subcommands, in the order of the help. */
final class Commands {
  /*
   * To find out all options of all commands takes longer than any command does. So of a command line that begins with the
   * name of one, only that one is made; for the help, what the others are good for is read off their annotations.
   */

  private static final List<Class<?>> OWN =
      List.of(
          DemoCommand.class,
          ServerCommand.class,
          InitCommand.class,
          ClusterCommand.class,
          ContextCommand.class,
          StatusCommand.class,
          AllocateCommand.class,
          RenewCommand.class,
          ReleaseCommand.class,
          CommitCommand.class,
          CancelCommand.class,
          ValidateCommand.class,
          PlanCommand.class,
          ApplyCommand.class,
          CatalogCommand.class,
          PoolCommand.class,
          LeaseCommand.class,
          SeatCommand.class,
          LabelCommand.class,
          EntityCommand.class,
          TenantCommand.class,
          LedgerCommand.class,
          NodeCommand.class,
          CompletionCommand.class);

  private Commands() {}

  /** Adds all of them, whole. */
  static void addAll(CommandLine to, IFactory factory) {
    types().forEach(type -> add(to, type, factory));
  }

  /** Adds what this command line can need. */
  static void addFor(String[] arguments, CommandLine to, IFactory factory) {
    String first = arguments.length == 0 ? "" : arguments[0];
    // A file of arguments may hold anything.
    if (first.startsWith("@")) {
      addAll(to, factory);
      return;
    }
    Class<?> named = named(first);
    if (named != null) add(to, named, factory);
    else types().forEach(type -> to.addSubcommand(outline(type)));
  }

  private static @Nullable Class<?> named(String name) {
    return types().filter(type -> annotation(type).name().equals(name)).findFirst().orElse(null);
  }

  /** Those of other modules last, and found when the own ones were passed. */
  private static Stream<Class<?>> types() {
    return Stream.of(OWN.stream(), contributed()).flatMap(types -> types);
  }

  private static Stream<Class<?>> contributed() {
    return Stream.of(ServiceLoader.load(CliCommand.class))
        .flatMap(ServiceLoader::stream)
        .map(ServiceLoader.Provider::type);
  }

  private static void add(CommandLine to, Class<?> type, IFactory factory) {
    CommandLine made = new CommandLine(type, factory);
    CliExit.describe(made.getCommandSpec());
    to.addSubcommand(made);
  }

  /** Its name and what it is good for; it cannot be run. */
  private static CommandLine outline(Class<?> type) {
    Command command = annotation(type);
    CommandSpec spec = CommandSpec.create().name(command.name());
    spec.usageMessage().header(command.header()).description(command.description());
    return new CommandLine(spec);
  }

  private static Command annotation(Class<?> type) {
    Command command = type.getAnnotation(Command.class);
    if (command == null) throw new IllegalStateException(type + " is no command");
    return command;
  }
}
