package dev.tallygate.server.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a node's JVM is started by another command: the running Java, the running class path, the
 * options in {@code ops/config}, and the ahead-of-time cache where there is one.
 */
final class NodeJvm {
  private static final int AOT_SINCE = 25;

  private final Path home;

  private NodeJvm(Path home) {
    this.home = home;
  }

  /**
   * @throws CliException if the home of the installation is not known
   */
  static NodeJvm find() {
    String home = System.getProperty("tallygate.home", "");
    Path path = Path.of(home);
    if (home.isEmpty() || !Files.isReadable(path.resolve("ops/config/jvm.options"))) {
      throw new CliException(
          CliExit.FAILED,
          "the JVM options of a node are not found: start this command with the launcher"
              + " `tallygate`, or set -Dtallygate.home to its folder");
    }
    return new NodeJvm(path.toAbsolutePath());
  }

  /** The folder of the installation. */
  Path home() {
    return home;
  }

  /** Everything up to the main class. */
  List<String> command(List<String> jvmOptions) {
    Path config = home.resolve("ops/config");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + config.resolve("jvm.options"));
    command.add("@" + config.resolve("node.options"));
    command.add("-Djava.util.logging.config.file=" + config.resolve("logging.properties"));
    command.add("-Dtallygate.home=" + home);
    if (jvmOptions.stream().noneMatch(option -> option.startsWith("-XX:AOT"))) {
      Path cache = aotCache();
      if (cache != null && Files.isReadable(cache)) command.add("-XX:AOTCache=" + cache);
    }
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    return command;
  }

  /**
   * Where the cache of this class path lies: beside the jars it is made of, so that a new build
   * discards it. Null where there can be none: an older Java, or class folders instead of jars.
   */
  static @org.jspecify.annotations.Nullable Path aotCache() {
    int java = Runtime.version().feature();
    String lib = System.getenv("TALLYGATE_LIB");
    if (java < AOT_SINCE || lib == null || lib.isEmpty()) return null;
    return Path.of(lib, "node-" + java + ".aot");
  }
}
