package dev.tallygate.loadtest.fault;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How long allocations stood still after each kill of the leader, in milliseconds.
 *
 * @param boundMs what the longest may be
 */
public record FailoverReport(List<Long> outagesMs, long p50Ms, long maxMs, long boundMs) {
  static final long BOUND_MS = 5_000;

  static FailoverReport of(List<Long> outagesMs) {
    long[] sorted = outagesMs.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    int last = sorted.length - 1;
    return new FailoverReport(List.copyOf(outagesMs), sorted[last / 2], sorted[last], BOUND_MS);
  }

  public boolean withinBound() {
    return maxMs <= boundMs;
  }

  public String line() {
    return String.format(
        Locale.ROOT,
        "failover: %d leaders killed, allocations flowed again after %,d ms (p50), %,d ms (longest); bound %,d ms: %s",
        outagesMs.size(),
        p50Ms,
        maxMs,
        boundMs,
        withinBound() ? "met" : "MISSED");
  }
}
