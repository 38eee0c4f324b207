package dev.tallygate.loadtest.peer;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a child JVM: this one's binary, class path and options, another main class.
 */
public final class JavaCommand {
  /** The launcher's own main class, which every child of the product starts with. */
  public static final String LAUNCHER = "dev.tallygate.server.cli.Main";

  /** The options that measured best for a process that only serves or only drives load. */
  public static final List<String> LEAN_OPTIONS =
      List.of(
          "-XX:+UseParallelGC",
          "-Xms512m",
          "-Xmx1g",
          "-XX:+AlwaysPreTouch",
          "-Dio.grpc.netty.shaded.io.grpc.netty.useCustomAllocator=false");

  /** For a process that starts, asks something and ends. */
  static final List<String> SHORT_OPTIONS =
      List.of("-XX:+UseSerialGC", "-Xmx256m", "-XX:TieredStopAtLevel=1");

  private JavaCommand() {}

  public static List<String> of(String mainClass, List<String> options, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(JavaCommand::isInherited)
        .forEach(command::add);
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(mainClass);
    command.addAll(arguments);
    return List.copyOf(command);
  }

  // What opens the JDK to our libraries is inherited; heap, collector, agents and compiler choices
  // are the child's own.
  private static boolean isInherited(String option) {
    return option.startsWith("--")
        || option.startsWith("-D")
        || option.startsWith("-Xlog")
        || option.equals("-XX:+IgnoreUnrecognizedVMOptions");
  }
}
