package dev.tallygate.loadtest;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Locale;

/**
 * What it cost to keep leases alive.
 *
 * @param renewals that were answered with a lease that is held, while it was measured
 * @param failed those that were not, or not in time
 * @param renewalsPerS on average
 * @param leaderKilled what became of the leases when the leader was killed
 * @param leaderPercentMax bound on what the leader may spend on them, per cent of one core
 */
record KeepAliveReport(
    long leases,
    long ttlS,
    int streams,
    int perMessage,
    double seconds,
    long renewals,
    long failed,
    double renewalsPerS,
    List<NodeFigures> nodes,
    LeaderKill.Survived leaderKilled,
    double leaderPercentMax) {
  private static final double LEADER_PERCENT_MAX = 10;

  /**
   * One node.
   *
   * @param idlePercent of one core, while the leases stood and nobody asked
   * @param busyPercent of one core, while they were renewed
   * @param cpuUsPerRenewal what is more, for each renewal of all nodes
   */
  record NodeFigures(
      String node, boolean leader, double idlePercent, double busyPercent, double cpuUsPerRenewal) {
    double spentPercent() {
      return busyPercent - idlePercent;
    }
  }

  static KeepAliveReport of(
      long leases,
      long ttlS,
      int streams,
      int perMessage,
      double seconds,
      long renewals,
      long failed,
      List<NodeFigures> nodes,
      LeaderKill.Survived leaderKilled) {
    return new KeepAliveReport(
        leases,
        ttlS,
        streams,
        perMessage,
        seconds,
        renewals,
        failed,
        renewals / seconds,
        nodes,
        leaderKilled,
        LEADER_PERCENT_MAX);
  }

  @JsonIgnore
  boolean withinBounds() {
    return failed == 0
        && renewals > 0
        && leaderKilled.lost() == 0
        && leader().spentPercent() < leaderPercentMax;
  }

  private NodeFigures leader() {
    return nodes.stream().filter(NodeFigures::leader).findFirst().orElseThrow();
  }

  String line() {
    NodeFigures leader = leader();
    double others =
        nodes.stream()
            .filter(node -> !node.leader())
            .mapToDouble(NodeFigures::cpuUsPerRenewal)
            .max()
            .orElse(0);
    return String.format(
        Locale.ROOT,
        "keepalive: %,d leases of %d s, %,.0f renewals/s over %d streams, %d in a message; leader"
            + " %.1f %% of a core (%.1f idle, %.1f with them), %.1f us each; followers up to %.1f"
            + " us each; %,d failed; leader killed: all renewed after %,d ms, %,d lost: %s",
        leases,
        ttlS,
        renewalsPerS,
        streams,
        perMessage,
        leader.spentPercent(),
        leader.idlePercent(),
        leader.busyPercent(),
        leader.cpuUsPerRenewal(),
        others,
        failed,
        leaderKilled.allRenewedMs(),
        leaderKilled.lost(),
        withinBounds() ? "within bounds" : "OUT OF BOUNDS");
  }
}
