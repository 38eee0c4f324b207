package dev.tallygate.loadtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.loadtest.peer.JavaCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The short form of {@code loadtest kill}: three real processes under load, killed at random for
 * ten rounds. The seed is in the output; {@code -Dkill.seed=S} and {@code -Dkill.rounds=N} play
 * another.
 */
class KillIT {
  private static final long ROUNDS = Long.getLong("kill.rounds", 10);
  private static final long SEED = Long.getLong("kill.seed", 42);

  /** A round takes some seconds; on a machine with other work it may take a minute. */
  private static final long ROUND_SECONDS_MAX = 75;

  @TempDir Path dir;

  @Test
  void kill_tenRounds_everyCountIsExact() throws Exception {
    List<String> options = new ArrayList<>(JavaCommand.LEAN_OPTIONS);
    options.add("-Dtallygate.loadtest.driver=true");
    options.add("-Dtallygate.home=" + System.getProperty("tallygate.home"));
    List<String> arguments =
        List.of(
            "loadtest",
            "kill",
            "--rounds",
            Long.toString(ROUNDS),
            "--seed",
            Long.toString(SEED),
            "--dir",
            Files.createDirectory(dir.resolve("run")).toString());
    Path log = dir.resolve("kill.log");
    Process run =
        new ProcessBuilder(JavaCommand.of(JavaCommand.LAUNCHER, options, arguments))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(run.waitFor(ROUND_SECONDS_MAX * (ROUNDS + 2), TimeUnit.SECONDS))
          .as("ended in time: %s", text(log))
          .isTrue();
    } finally {
      end(run);
    }
    assertThat(run.exitValue()).as(text(log)).isZero();
  }

  /** Asks first: the run has processes of its own to end. */
  private static void end(Process run) throws InterruptedException {
    run.destroy();
    if (!run.waitFor(30, TimeUnit.SECONDS)) run.destroyForcibly();
  }

  private static String text(Path log) throws IOException {
    return "seed " + SEED + "\n" + Files.readString(log);
  }
}
