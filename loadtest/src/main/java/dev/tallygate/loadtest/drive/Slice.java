package dev.tallygate.loadtest.drive;

import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What one stretch of load gave.
 *
 * @param elapsedNs how long it was measured
 * @param counted answers that the workload counts, received within that time
 * @param latencyNs of the counted answers; not to be changed
 * @param others how often each other answer or status came; empty in a clean run
 */
public record Slice(long elapsedNs, long counted, Histogram latencyNs, Map<String, Long> others) {
  private static final double NS_PER_S = 1e9;

  /** Counted answers a second. */
  public double rate() {
    return counted * NS_PER_S / elapsedNs;
  }

  public double latencyUs(double percentile) {
    return latencyNs.getValueAtPercentile(percentile) / 1e3;
  }
}
