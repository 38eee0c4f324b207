package dev.tallygate.raft.store;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Tools that are not part of the build. */
final class External {
  private External() {}

  /**
   * Whether a tool runs; where it must, because {@code -Dexternal=required}, its absence is a
   * failure.
   */
  static boolean present(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      if (process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0) return true;
    } catch (IOException e) {
      // Not there.
    }
    if ("required".equals(System.getProperty("external")))
      throw new AssertionError("`" + command[0] + "` is required and does not run");
    System.out.println("skipped: `" + command[0] + "` does not run here");
    return false;
  }
}
