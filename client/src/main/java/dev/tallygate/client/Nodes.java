package dev.tallygate.client;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the node to ask: the one that hints name as the leader, else the one that answered last,
 * and after a failure the next in turn. Thread-safe.
 */
final class Nodes {
  /** Hints beyond these are not followed: the nodes of a cluster are few. */
  static final int MAX = 16;

  private final List<String> known;
  private final Predicate<String> mayReach;
  private int at;

  /**
   * @param targets at least one
   * @param mayReach which nodes that hints name may be asked
   */
  Nodes(List<String> targets, Predicate<String> mayReach) {
    known = new ArrayList<>(targets);
    this.mayReach = mayReach;
  }

  synchronized String pick() {
    return known.get(at);
  }

  synchronized void answered(@Nullable String leader) {
    follow(leader);
  }

  /**
   * Goes on to another node.
   *
   * @return whether another node leads by the failed one's own word
   */
  synchronized boolean failed(String node, @Nullable String leader) {
    if (!node.equals(leader) && follow(leader)) return true;
    // Another call may have gone elsewhere already.
    if (known.get(at).equals(node)) at = (at + 1) % known.size();
    return false;
  }

  private boolean follow(@Nullable String leader) {
    if (leader == null) return false;
    int index = known.indexOf(leader);
    if (index < 0) {
      if (known.size() >= MAX || !mayReach.test(leader)) return false;
      index = known.size();
      known.add(leader);
    }
    at = index;
    return true;
  }
}
