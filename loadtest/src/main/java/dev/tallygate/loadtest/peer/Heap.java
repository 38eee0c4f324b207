package dev.tallygate.loadtest.peer;

import dev.tallygate.loadtest.drive.LoadtestException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The heap of another JVM, seen from outside with the JDK's own tools.
 *
 * @param usedKb by objects
 * @param committedKb by the JVM
 */
public record Heap(long usedKb, long committedKb) {
  private static final long TOOL_MAX_S = 60;

  /** Runs a full collection in the process, and looks. */
  public static Heap afterCollection(long pid) throws InterruptedException {
    tool("jcmd", Long.toString(pid), "GC.run");
    return parse(tool("jstat", "-gc", Long.toString(pid)));
  }

  /** Reads the two lines of {@code jstat -gc}: names and kilobytes. */
  static Heap parse(List<String> lines) {
    List<String> names = words(lines.get(0));
    List<String> values = words(lines.get(1));
    double used = 0;
    double committed = 0;
    for (int i = 0; i < names.size(); i++) {
      switch (names.get(i)) {
        case "S0U", "S1U", "EU", "OU" -> used += kilobytes(values.get(i));
        case "S0C", "S1C", "EC", "OC" -> committed += kilobytes(values.get(i));
        default -> {}
      }
    }
    return new Heap((long) used, (long) committed);
  }

  // A part that the collector does not have is a dash.
  private static double kilobytes(String value) {
    return value.equals("-") ? 0 : Double.parseDouble(value.replace(',', '.'));
  }

  private static List<String> words(String line) {
    return List.of(line.strip().split("\\s+", -1));
  }

  private static List<String> tool(String name, String... arguments) throws InterruptedException {
    Path binary = Path.of(System.getProperty("java.home"), "bin", name);
    ProcessBuilder builder = new ProcessBuilder(binary.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().put("LC_ALL", "C");
    try {
      Process process = builder.redirectErrorStream(true).start();
      List<String> lines;
      try (BufferedReader reader = process.inputReader()) {
        lines = reader.lines().toList();
      }
      if (process.waitFor(TOOL_MAX_S, TimeUnit.SECONDS) && process.exitValue() == 0) return lines;
      process.destroyForcibly();
      throw new LoadtestException("`" + name + "` failed: " + String.join(" ", lines));
    } catch (IOException e) {
      throw new LoadtestException("cannot start `" + binary + "`: a JDK is needed", e);
    }
  }
}
