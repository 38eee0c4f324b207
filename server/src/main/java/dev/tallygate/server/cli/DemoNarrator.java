package dev.tallygate.server.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Tells the story while it happens, and keeps what was found: expected, seen, right or wrong. One
 * thread.
 */
final class DemoNarrator {
  /** One count of the story. */
  record Finding(String what, String expected, String found) {
    boolean exact() {
      return expected.equals(found);
    }
  }

  private final PrintWriter out;
  private final long startNanos = System.nanoTime();
  private final List<Finding> findings = new ArrayList<>();
  private int chapter;

  DemoNarrator(PrintWriter out) {
    this.out = out;
  }

  void chapter(String title) {
    out.printf(Locale.ROOT, "%n%d. %s%n", ++chapter, title);
    out.flush();
  }

  void say(String format, Object... values) {
    out.printf(
        Locale.ROOT, "   [%5.1f s] %s%n", seconds(), String.format(Locale.ROOT, format, values));
    out.flush();
  }

  /** Notes a count that the story promised, and says whether it came out. */
  void expect(String what, Object expected, Object found) {
    Finding finding = new Finding(what, String.valueOf(expected), String.valueOf(found));
    findings.add(finding);
    String verdict = finding.exact() ? "exact" : "WRONG, expected " + finding.expected();
    say("%s: %s (%s)", what, finding.found(), verdict);
  }

  List<Finding> findings() {
    return findings;
  }

  boolean exact() {
    return findings.stream().allMatch(Finding::exact);
  }

  double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}
