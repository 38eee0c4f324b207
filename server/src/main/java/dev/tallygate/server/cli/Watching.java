package dev.tallygate.server.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows an answer once, or again and again. */
final class Watching {
  private static final int SECONDS_MAX = 3_600;
  private static final String CLEAR = "\033[H\033[2J";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--watch",
      paramLabel = "SECONDS",
      arity = "0..1",
      fallbackValue = "2",
      description =
          "Show it anew after so many seconds, until it is interrupted, whether the node answers"
              + " each time or not. Without a number: ${FALLBACK-VALUE}.")
  private @Nullable Integer seconds;

  /**
   * @param once shows it, and says the exit code
   * @return that of the last time
   */
  int show(boolean json, IntSupplier once) {
    Integer pause = seconds;
    if (pause == null) return once.getAsInt();
    if (pause < 1 || pause > SECONDS_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--watch `" + pause + "` is not in 1-" + SECONDS_MAX);
    }
    PrintWriter out = spec.commandLine().getOut();
    while (true) {
      if (!json) out.print((System.console() == null ? "" : CLEAR) + Instant.now() + "\n");
      int exit = once.getAsInt();
      // A node that is away may come back, which is what one watches for.
      if (exit != CliExit.OK.number() && !isOpen(exit)) return exit;
      try {
        Thread.sleep(1_000L * pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return exit;
      }
    }
  }

  /** Whether another time may end otherwise. */
  private static boolean isOpen(int exit) {
    return exit == CliExit.UNAVAILABLE.number() || exit == CliExit.UNKNOWN.number();
  }
}
