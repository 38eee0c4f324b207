package dev.tallygate.loadtest.drive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * The slices of one peer at one concurrency. A figure is the median over the slices, so that one
 * bad stretch of a shared machine does not decide it. Not thread-safe.
 */
public final class Series {
  private final List<Slice> slices = new ArrayList<>();

  public void add(Slice slice) {
    slices.add(slice);
  }

  /** Counted answers a second. */
  public double rate() {
    return median(Slice::rate);
  }

  public double latencyUs(double percentile) {
    return median(slice -> slice.latencyUs(percentile));
  }

  public List<Double> rates() {
    return slices.stream().map(Slice::rate).toList();
  }

  public long counted() {
    return slices.stream().mapToLong(Slice::counted).sum();
  }

  /** All slices together, for a curve. */
  public Histogram latencyNs() {
    Histogram all = ClosedLoop.newHistogram();
    slices.forEach(slice -> all.add(slice.latencyNs()));
    return all;
  }

  /** How often each answer came that was not counted. */
  public Map<String, Long> others() {
    Map<String, Long> all = new TreeMap<>();
    slices.forEach(slice -> slice.others().forEach((name, n) -> all.merge(name, n, Long::sum)));
    return all;
  }

  private double median(ToDoubleFunction<Slice> figure) {
    return median(slices.stream().mapToDouble(figure).toArray());
  }

  static double median(double[] values) {
    if (values.length == 0) return Double.NaN;
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
