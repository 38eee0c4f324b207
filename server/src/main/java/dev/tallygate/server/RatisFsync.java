package dev.tallygate.server;

import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.impl.RatisMetricRegistryImpl;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.apache.ratis.thirdparty.com.codahale.metrics.MetricRegistry;
import org.apache.ratis.thirdparty.com.codahale.metrics.Snapshot;
import org.apache.ratis.thirdparty.com.codahale.metrics.Timer;
import org.jspecify.annotations.Nullable;

/** Reads from Ratis how often and how long it forced its log to the disk. Any thread. */
final class RatisFsync {
  private final String nodeId;

  /**
   * @param nodeId whose log; a process of tests may hold several
   */
  RatisFsync(String nodeId) {
    this.nodeId = nodeId;
  }

  /** Since the start. */
  long count() {
    Timer timer = timer();
    return timer == null ? 0 : timer.getCount();
  }

  /** Of the recent ones; 0 where there was none. */
  double seconds(double quantile) {
    Timer timer = timer();
    if (timer == null) return 0;
    Snapshot snapshot = timer.getSnapshot();
    return snapshot.getValue(quantile) / 1e9;
  }

  private @Nullable Timer timer() {
    for (RatisMetricRegistry registry : MetricRegistries.global().getMetricRegistries()) {
      if (registry instanceof RatisMetricRegistryImpl impl
          && impl.getMetricRegistryInfo()
              .getMetricsComponentName()
              .contains(SegmentedRaftLogMetrics.RATIS_LOG_WORKER_METRICS)
          && impl.getMetricRegistryInfo().getPrefix().contains(nodeId)) {
        Timer timer = timer(impl.getDropWizardMetricRegistry());
        if (timer != null) return timer;
      }
    }
    return null;
  }

  private static @Nullable Timer timer(MetricRegistry registry) {
    for (var entry : registry.getTimers().entrySet()) {
      if (entry.getKey().endsWith(SegmentedRaftLogMetrics.RAFT_LOG_SYNC_TIME)) {
        return entry.getValue();
      }
    }
    return null;
  }
}
