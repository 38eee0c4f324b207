package dev.tallygate.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the node to ask: the one that hints name as the leader, else the one that answered last,
 * and after a failure the next in turn. A node that fails without a word of its own is not gone to
 * on a hint for a while: the others may reach the leader where this process does not. Thread-safe.
 */
final class Nodes {
  /** Hints beyond these are not followed: the nodes of a cluster are few. */
  static final int MAX = 16;

  private static final long SILENT_NS_MIN = TimeUnit.SECONDS.toNanos(30);
  private static final long SILENT_NS_MAX = TimeUnit.MINUTES.toNanos(5);

  /** Until when hints to a node are not followed, and how long that is. */
  private record Silence(long endNs, long lengthNs) {}

  private final Set<String> targets;
  private final List<String> known;
  private final Map<String, Silence> silences = new LinkedHashMap<>();
  private final Transport transport;
  private final Time time;
  private int at;

  /**
   * @param targets at least one; these are never forgotten
   */
  Nodes(List<String> targets, Transport transport, Time time) {
    this.targets = Set.copyOf(targets);
    known = new ArrayList<>(targets);
    this.transport = transport;
    this.time = time;
  }

  synchronized String pick() {
    return known.get(at);
  }

  synchronized void answered(String node, @Nullable String leader) {
    silences.remove(node);
    follow(leader);
  }

  /**
   * Goes on to another node, unless the failed one has said for good what it thinks of the request.
   *
   * @return whether another node leads by the failed one's own word
   */
  synchronized boolean failed(String node, Failure failure) {
    boolean itsOwnWord = !failure.reason().isEmpty();
    if (itsOwnWord) silences.remove(node);
    else silence(node);
    if (itsOwnWord && !failure.again()) return false;
    if (!node.equals(failure.leader()) && follow(failure.leader())) return true;
    // Another call may have gone elsewhere already.
    if (known.get(at).equals(node)) at = (at + 1) % known.size();
    if (!itsOwnWord && !targets.contains(node)) forget(node);
    return false;
  }

  private void silence(String node) {
    Silence last = silences.get(node);
    long nowNs = time.monotonicNs();
    // Many calls may fail at once: that is one silence.
    if (last != null && last.endNs() - nowNs > 0) return;
    long lengthNs = last == null ? SILENT_NS_MIN : Math.min(SILENT_NS_MAX, 2 * last.lengthNs());
    silences.remove(node);
    silences.put(node, new Silence(nowNs + lengthNs, lengthNs));
    // Hints may name ever new nodes: the one that fell silent first is given another chance.
    if (silences.size() > MAX) silences.remove(silences.keySet().iterator().next());
  }

  private boolean isSilent(String node) {
    Silence silence = silences.get(node);
    return silence != null && silence.endNs() - time.monotonicNs() > 0;
  }

  private void forget(String node) {
    String chosen = known.get(at);
    if (!known.remove(node)) return;
    at = Math.max(0, known.indexOf(chosen));
    transport.forget(node);
  }

  private boolean follow(@Nullable String leader) {
    if (leader == null || isSilent(leader)) return false;
    int index = known.indexOf(leader);
    if (index < 0) {
      if (known.size() >= MAX || !transport.mayReach(leader)) return false;
      index = known.size();
      known.add(leader);
    }
    at = index;
    return true;
  }
}
