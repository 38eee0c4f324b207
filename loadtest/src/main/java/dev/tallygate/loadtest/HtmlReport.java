package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.LoadtestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A page of one comparison: the figures, and latency over percentile as an SVG. Needs no network.
 */
final class HtmlReport {
  private static final double[] PERCENTILES = {
    0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99
  };
  private static final List<String> COLOURS = List.of("#0b6", "#06c", "#c40", "#808");
  private static final int WIDTH = 720;
  private static final int HEIGHT = 320;
  private static final int MARGIN = 48;

  private HtmlReport() {}

  /**
   * @param curves latency of each contestant with everything in flight, by name
   */
  static void write(Path file, CompareReport report, Map<String, Histogram> curves) {
    try {
      Files.writeString(file, page(report, curves));
    } catch (IOException e) {
      throw new LoadtestException("cannot write `" + file + "`: " + e.getMessage(), e);
    }
  }

  static String page(CompareReport report, Map<String, Histogram> curves) {
    StringBuilder html = new StringBuilder();
    html.append("<!doctype html><meta charset=utf-8><title>Tallygate loadtest</title>\n<style>")
        .append("body{font:15px sans-serif;max-width:48em;margin:2em auto}table{border-collapse:")
        .append("collapse}td,th{padding:.3em .8em;text-align:right;border-bottom:1px solid #ccc}")
        .append("pre{background:#f4f4f4;padding:1em;overflow:auto}</style>\n<h1>Workload ")
        .append(escaped(report.workload()))
        .append("</h1>\n<p>")
        .append(escaped(report.what()))
        .append("</p>\n<table><tr><th>in flight<th>peer<th>rate /s<th>p50 us<th>p99 us</tr>\n");
    report
        .inFlight()
        .forEach((count, all) -> all.forEach((name, figures) -> row(html, count, name, figures)));
    html.append("</table>\n<h2>Latency, everything in flight</h2>\n");
    curves(html, curves);
    html.append("<h2>All figures</h2>\n<pre>")
        .append(escaped(Output.toJson(report)))
        .append("</pre>\n");
    return html.toString();
  }

  private static void row(
      StringBuilder html, String inFlight, String name, CompareReport.Figures figures) {
    html.append(
        String.format(
            Locale.ROOT,
            "<tr><td>%s<td>%s<td>%,.0f<td>%,.0f<td>%,.0f</tr>%n",
            escaped(inFlight),
            escaped(name),
            figures.rate(),
            figures.p50Us(),
            figures.p99Us()));
  }

  private static void curves(StringBuilder html, Map<String, Histogram> curves) {
    double maxNs =
        curves.values().stream().mapToDouble(h -> h.getValueAtPercentile(99.99)).max().orElse(1);
    html.append(
        String.format(
            Locale.ROOT,
            "<svg width=%d height=%d viewBox='0 0 %d %d' font-size=12>%n",
            WIDTH,
            HEIGHT,
            WIDTH,
            HEIGHT));
    int colour = 0;
    for (Map.Entry<String, Histogram> curve : curves.entrySet()) {
      String stroke = COLOURS.get(colour % COLOURS.size());
      html.append("<polyline fill=none stroke-width=2 stroke='")
          .append(stroke)
          .append("' points='");
      for (int i = 0; i < PERCENTILES.length; i++) {
        double y = curve.getValue().getValueAtPercentile(PERCENTILES[i]) / maxNs;
        html.append(
            String.format(
                Locale.ROOT, "%.0f,%.0f ", x(i), HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN)));
      }
      html.append("'/>\n");
      html.append(
          String.format(
              Locale.ROOT,
              "<text x=%d y=%d fill='%s'>%s</text>%n",
              MARGIN,
              16 + 16 * colour,
              stroke,
              escaped(curve.getKey())));
      colour++;
    }
    for (int i = 0; i < PERCENTILES.length; i++) {
      html.append(
          String.format(
              Locale.ROOT,
              "<text x=%.0f y=%d text-anchor=middle>%s</text>%n",
              x(i),
              HEIGHT - 16,
              PERCENTILES[i]));
    }
    html.append(
        String.format(
            Locale.ROOT,
            "<text x=%d y=%d text-anchor=end>top: %,.0f us</text></svg>%n",
            WIDTH - 8,
            16,
            maxNs / 1e3));
  }

  private static double x(int index) {
    return MARGIN + index * (WIDTH - 2.0 * MARGIN) / (PERCENTILES.length - 1);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
