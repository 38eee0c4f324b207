package dev.tallygate.loadtest;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What so many live leases cost.
 *
 * @param fillRate leases a second while they were opened
 * @param restartMs from the start of `cluster up` to the first grant by the node that was killed
 */
record MillionReport(
    long leases,
    double fillRate,
    List<NodeFigures> nodes,
    String restarted,
    long restartMs,
    long heapMbMax,
    long pauseMsMax,
    long restartMsMax) {
  private static final long HEAP_MB_MAX = 512;
  private static final long PAUSE_MS_MAX = 100;
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

  static MillionReport of(
      long leases, double fillRate, List<NodeFigures> nodes, String restarted, long restartMs) {
    return new MillionReport(
        leases, fillRate, nodes, restarted, restartMs, HEAP_MB_MAX, PAUSE_MS_MAX, RESTART_MS_MAX);
  }

  @JsonIgnore
  boolean withinBounds() {
    return restartMs <= restartMsMax && nodes.stream().allMatch(this::withinBounds);
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
        "million: %,d live leases at %,.0f/s; heap %d MB of which %d MB live; snapshot pause %s ms; restart after kill"
            + " -9 grants after %,d ms: %s",
        leases,
        fillRate,
        worst.heapMb(),
        worst.heapLiveMb(),
        pauses,
        restartMs,
        withinBounds() ? "within bounds" : "OUT OF BOUNDS");
  }

  private static String pause(NodeFigures node) {
    Double pauseMs = node.snapshotPauseMs();
    return pauseMs == null ? "untold" : String.format(Locale.ROOT, "%.0f", pauseMs);
  }
}
