package dev.tallygate.server.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The process of one node on this machine: how it is started, and how it is found again by a later
 * command. Found means that the recorded pid runs with this node's configuration file on its
 * command line, so that a pid that was given to somebody else is left alone.
 */
final class NodeProcess {
  private static final Path SETSID = Path.of("/usr/bin/setsid");

  private final Path dir;

  /**
   * @param dir the node's own folder
   */
  NodeProcess(Path dir) {
    this.dir = dir.toAbsolutePath().normalize();
  }

  Path config() {
    return dir.resolve("config.yaml");
  }

  Path log() {
    return dir.resolve("node.log");
  }

  Path storage() {
    return dir.resolve("data");
  }

  private Path pidFile() {
    return dir.resolve("pid");
  }

  /** Whether the node was ever fit: from then on an empty storage is a lost one. */
  private Path joined() {
    return dir.resolve("joined");
  }

  void noteJoined() throws IOException {
    if (!Files.exists(joined())) Files.createFile(joined());
  }

  /** The running process; empty where there is none. */
  Optional<ProcessHandle> find() {
    try {
      long pid = Long.parseLong(Files.readString(pidFile()).strip());
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(this::isOurs);
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private boolean isOurs(ProcessHandle handle) {
    try {
      Path of = Path.of("/proc", Long.toString(handle.pid()));
      String commandLine = Files.readString(of.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      return isOurs(commandLine, Files.exists(of.resolve("exe")));
    } catch (IOException e) {
      // Not Linux, or gone meanwhile.
      String[] arguments = handle.info().arguments().orElse(new String[0]);
      return List.of(arguments).contains(config().toString());
    }
  }

  /**
   * Whether a process may be the node by what the system says of it.
   *
   * @param commandLine its arguments, each ended by U+0000; empty while it becomes another program,
   *     as {@code setsid} becomes the node, and of one that has ended and is not yet collected
   * @param hasProgram whether it has one, which only the ended one has not
   */
  boolean isOurs(String commandLine, boolean hasProgram) {
    if (commandLine.isEmpty()) return hasProgram;
    String wanted = config().toString();
    return commandLine.contains(
        "\0" + new String(wanted.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
  }

  /** Starts the process; it outlives this one. */
  ProcessHandle start(NodeJvm jvm, List<String> jvmOptions) throws IOException {
    List<String> command = new ArrayList<>();
    // In a session of its own, Ctrl-C in the terminal does not reach it.
    if (Files.isExecutable(SETSID)) command.add(SETSID.toString());
    command.addAll(jvm.command(jvmOptions));
    command.addAll(List.of("server", "--config", config().toString()));
    if (!Files.exists(joined())) command.add("--new-member");
    Process process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    Files.writeString(pidFile(), process.pid() + "\n");
    return process.toHandle();
  }

  /**
   * Asks the process to stop and waits.
   *
   * @return false if it had to be killed
   */
  static boolean stop(ProcessHandle handle, long waitMs) throws InterruptedException {
    handle.destroy();
    if (await(handle, waitMs)) return true;
    handle.destroyForcibly();
    await(handle, 10_000);
    return false;
  }

  private static boolean await(ProcessHandle handle, long waitMs) throws InterruptedException {
    try {
      handle.onExit().get(waitMs, TimeUnit.MILLISECONDS);
      return true;
    } catch (java.util.concurrent.TimeoutException e) {
      return !handle.isAlive();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The last lines of the log, for an error message. */
  String logTail(int lines) {
    try {
      List<String> all = Files.readAllLines(log(), StandardCharsets.UTF_8);
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "(" + log() + " cannot be read)";
    }
  }
}
