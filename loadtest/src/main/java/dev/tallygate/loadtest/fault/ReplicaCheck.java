package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.exact.Fault;
import dev.tallygate.loadtest.peer.Await;
import dev.tallygate.proto.v1.StatusResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The rule "equal digests at an equal index": asks all nodes until each was seen at one index that
 * is new enough.
 */
final class ReplicaCheck {
  private static final Duration MEET_MAX = Duration.ofSeconds(30);

  private final List<String> nodes;
  private final Function<String, Optional<StatusResponse>> status;
  private final Map<Long, Map<String, String>> digests = new HashMap<>();

  /**
   * @param status of a node by its id; empty if it does not answer
   */
  ReplicaCheck(List<String> nodes, Function<String, Optional<StatusResponse>> status) {
    this.nodes = List.copyOf(nodes);
    this.status = status;
  }

  /**
   * Returns what differs, or that the nodes do not meet within half a minute; empty if all is well.
   */
  List<Fault> run() throws InterruptedException {
    long[] from = {newest()};
    boolean met = Await.until(MEET_MAX, () -> look(from[0]));
    Optional<Long> different =
        digests.entrySet().stream()
            .filter(entry -> new HashSet<>(entry.getValue().values()).size() > 1)
            .map(Map.Entry::getKey)
            .findFirst();
    if (different.isPresent()) {
      return List.of(
          fault(
              "at index " + different.get() + " the digests are " + digests.get(different.get())));
    }
    return met
        ? List.of()
        : List.of(fault("not at one index within " + MEET_MAX.toSeconds() + " s"));
  }

  private long newest() {
    long newest = 0;
    for (String node : nodes) {
      newest = Math.max(newest, status.apply(node).map(StatusResponse::getAppliedIndex).orElse(0L));
    }
    return newest;
  }

  // True once every node was seen at one index that is not older than all were at the begin, or
  // where two differ.
  private boolean look(long from) {
    boolean met = false;
    for (String node : nodes) {
      Optional<StatusResponse> seen = status.apply(node);
      if (seen.isEmpty()) continue;
      long index = seen.get().getAppliedIndex();
      Map<String, String> at = digests.computeIfAbsent(index, key -> new HashMap<>());
      at.put(node, seen.get().getDigest());
      Set<String> different = new HashSet<>(at.values());
      met |= different.size() > 1 || (index >= from && at.size() == nodes.size());
    }
    return met;
  }

  private static Fault fault(String text) {
    return new Fault(Fault.Kind.REPLICAS_DIFFER, text);
  }
}
