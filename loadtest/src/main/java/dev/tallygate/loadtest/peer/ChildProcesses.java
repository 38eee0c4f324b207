package dev.tallygate.loadtest.peer;

import dev.tallygate.loadtest.drive.LoadtestException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Processes that this run started, and the only ones that it ends. They are known by handle, which
 * carries the start time, so that a reused process number is never mistaken for one of ours. Ends
 * them also when the run is interrupted.
 */
final class ChildProcesses {
  private static final long EXIT_MAX_S = 10;
  private static final List<ProcessHandle> STARTED = new CopyOnWriteArrayList<>();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> STARTED.forEach(ProcessHandle::destroyForcibly), "end-children"));
  }

  private ChildProcesses() {}

  /** Starts a child with both its outputs in one file and nothing to read. */
  static Process start(List<String> command, Path log) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      adopt(process.toHandle());
      return process;
    } catch (IOException e) {
      throw new LoadtestException(
          "cannot start `" + command.getFirst() + "`: " + e.getMessage(), e);
    }
  }

  /** Takes over a process that a child of ours started for us. */
  static void adopt(ProcessHandle process) {
    STARTED.add(process);
  }

  /** SIGKILL, and waits until it is gone. */
  static void kill(ProcessHandle process) throws InterruptedException {
    if (!STARTED.contains(process)) {
      throw new IllegalArgumentException("process " + process.pid() + " was not started here");
    }
    process.destroyForcibly();
    awaitExit(process);
    STARTED.remove(process);
  }

  /** As {@link #kill}, for a caller that is closing and cannot be interrupted. */
  static void killQuietly(ProcessHandle process) {
    try {
      kill(process);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void awaitExit(ProcessHandle process) throws InterruptedException {
    try {
      process.onExit().get(EXIT_MAX_S, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new LoadtestException("process " + process.pid() + " does not end", e);
    }
  }
}
