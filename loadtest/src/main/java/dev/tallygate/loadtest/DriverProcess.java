package dev.tallygate.loadtest;

import dev.tallygate.loadtest.peer.JavaCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The JVM that a run happens in: the same command line in a child whose collector, heap and
 * compiler suit a load. The launcher starts a command line's JVM for a quick start, and a generator
 * in that would measure itself.
 */
final class DriverProcess {
  private static final String MARK = "tallygate.loadtest.driver";

  private DriverProcess() {}

  /** Runs here if this is the driver already, else in a child; returns the exit code. */
  static int run(CommandSpec spec, Callable<Integer> run) throws Exception {
    return System.getProperty(MARK) != null ? run.call() : startAndWait(spec);
  }

  private static int startAndWait(CommandSpec spec) throws IOException, InterruptedException {
    List<String> options = new ArrayList<>(JavaCommand.LEAN_OPTIONS);
    options.add("-D" + MARK + "=true");
    List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
    Process driver =
        new ProcessBuilder(JavaCommand.of(JavaCommand.LAUNCHER, options, arguments))
            .inheritIO()
            .start();
    // Asked politely: the driver has processes of its own to end.
    Runtime.getRuntime().addShutdownHook(new Thread(driver::destroy, "end-driver"));
    return driver.waitFor();
  }
}
