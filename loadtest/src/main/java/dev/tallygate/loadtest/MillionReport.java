package dev.tallygate.loadtest;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What so many live leases cost.
 *
 * @param partitions pools that share them
 * @param fillRate leases a second while they were opened
 * @param poolReadP50Us of GetPool at a follower, one call in flight
 * @param restartMs from the start of `cluster up` to the first grant by the node that was killed
 */
record MillionReport(
    long leases,
    long partitions,
    double fillRate,
    List<NodeFigures> nodes,
    double poolReadP50Us,
    double poolReadP99Us,
    String restarted,
    long restartMs,
    long heapMbMax,
    long pauseMsMax,
    long poolReadP99UsMax,
    long restartMsMax) {
  private static final long HEAP_MB_MAX = 512;
  private static final long PAUSE_MS_MAX = 100;
  private static final long POOL_READ_P99_US_MAX = 1_000;
  private static final long RESTART_MS_MAX = 20_000;

  /**
   * One node.
   *
   * @param heapLiveMb used after a full collection
   * @param heapMb committed
   * @param snapshotPauseMs how long apply stood still; null where the node does not say
   * @param callerWaitedMs the longest wait of a caller, one call in flight to the leader, while
   *     this node took its snapshot; it bounds the pause of a leader from above
   */
  record NodeFigures(
      String node,
      long heapLiveMb,
      long heapMb,
      @Nullable Double snapshotPauseMs,
      double callerWaitedMs) {}

  MillionReport(
      long leases,
      long partitions,
      double fillRate,
      List<NodeFigures> nodes,
      double poolReadP50Us,
      double poolReadP99Us,
      String restarted,
      long restartMs) {
    this(
        leases,
        partitions,
        fillRate,
        nodes,
        poolReadP50Us,
        poolReadP99Us,
        restarted,
        restartMs,
        HEAP_MB_MAX,
        PAUSE_MS_MAX,
        POOL_READ_P99_US_MAX,
        RESTART_MS_MAX);
  }

  @JsonIgnore
  boolean withinBounds() {
    return restartMs <= restartMsMax
        && poolReadP99Us < poolReadP99UsMax
        && nodes.stream().allMatch(this::withinBounds);
  }

  // A pause that nobody told is not within its bound.
  private boolean withinBounds(NodeFigures node) {
    Double pauseMs = node.snapshotPauseMs();
    return node.heapMb() <= heapMbMax && pauseMs != null && pauseMs < pauseMsMax;
  }

  String line() {
    NodeFigures worst =
        nodes.stream().max(Comparator.comparingLong(NodeFigures::heapLiveMb)).orElseThrow();
    String pauses =
        nodes.stream().map(MillionReport::pause).reduce((a, b) -> a + ", " + b).orElse("");
    return String.format(
        Locale.ROOT,
        "million: %,d live leases in %,d pools at %,.0f/s; heap %d MB of which %d MB live; snapshot pause %s ms; a"
            + " pool is read in %,.0f us (p99 %,.0f); restart after kill -9 grants after %,d ms: %s",
        leases,
        partitions,
        fillRate,
        worst.heapMb(),
        worst.heapLiveMb(),
        pauses,
        poolReadP50Us,
        poolReadP99Us,
        restartMs,
        withinBounds() ? "within bounds" : "OUT OF BOUNDS");
  }

  private static String pause(NodeFigures node) {
    Double pauseMs = node.snapshotPauseMs();
    return pauseMs == null ? "untold" : String.format(Locale.ROOT, "%.0f", pauseMs);
  }
}
