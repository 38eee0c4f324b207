package dev.tallygate.server.licensing;

import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.RefusalSummary;
import dev.tallygate.proto.log.v1.RefusedHolder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts what this leader refused since it last told the ledger: for each pool and reason, how
 * often in all and whom. Counts of holders are exact; who comes when the places are taken is in the
 * total alone. Any thread.
 */
final class RefusalTally {
  /** Places for holders beyond those that are named, so that the busiest are likely among them. */
  private static final int PLACES_PER_NAME = 8;

  private record Key(int tenant, int entitlement, String partition, int reason) {}

  private static final class Count {
    long total;
    final Map<String, Long> holders = new HashMap<>();
  }

  private final int holdersMax;
  private final Object lock = new Object();
  private Map<Key, Count> counts = new HashMap<>();

  /**
   * @param holdersMax holders that a summary names
   */
  RefusalTally(int holdersMax) {
    this.holdersMax = holdersMax;
  }

  void add(int tenant, int entitlement, String partition, int reason, String holder) {
    synchronized (lock) {
      Count count = count(new Key(tenant, entitlement, partition, reason));
      count.total++;
      if (count.holders.containsKey(holder) || count.holders.size() < holdersMax * PLACES_PER_NAME)
        count.holders.merge(holder, 1L, Long::sum);
    }
  }

  /** Beyond the bound on keys, partitions of an entitlement are counted together. */
  private Count count(Key key) {
    Count known = counts.get(key);
    if (known != null) return known;
    Key kept =
        counts.size() < Limits.TALLY_KEYS_MAX
            ? key
            : new Key(key.tenant(), key.entitlement(), "", key.reason());
    return counts.computeIfAbsent(kept, k -> new Count());
  }

  /** Takes what was counted, busiest first, as commands; what is beyond their bound is summed. */
  List<Command> take() {
    Map<Key, Count> taken;
    synchronized (lock) {
      if (counts.isEmpty()) return List.of();
      taken = counts;
      counts = new HashMap<>();
    }
    List<Map.Entry<Key, Count>> busiest = new ArrayList<>(taken.entrySet());
    busiest.sort(Comparator.comparingLong(e -> -e.getValue().total));
    List<Command> commands = new ArrayList<>();
    for (Map.Entry<Key, Count> entry :
        busiest.subList(0, Math.min(busiest.size(), Limits.SUMMARIES_MAX)))
      commands.add(command(entry.getKey(), entry.getValue()));
    if (busiest.size() > Limits.SUMMARIES_MAX)
      putBack(busiest.subList(Limits.SUMMARIES_MAX, busiest.size()));
    return commands;
  }

  /** What is not told now is told with the next second's, without its holders. */
  private void putBack(List<Map.Entry<Key, Count>> rest) {
    synchronized (lock) {
      for (Map.Entry<Key, Count> entry : rest)
        count(entry.getKey()).total += entry.getValue().total;
    }
  }

  private Command command(Key key, Count count) {
    RefusalSummary.Builder summary =
        RefusalSummary.newBuilder()
            .setTenant(key.tenant())
            .setEntitlement(key.entitlement())
            .setPartition(key.partition())
            .setReason(key.reason())
            .setCount(count.total);
    count.holders.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(holdersMax)
        .forEach(
            holder ->
                summary.addHolders(
                    RefusedHolder.newBuilder()
                        .setHolder(holder.getKey())
                        .setCount(holder.getValue())));
    return Command.newBuilder().setRefusalSummary(summary).build();
  }

  /** Forgets what was counted: this node does not lead any more. */
  void clear() {
    synchronized (lock) {
      counts.clear();
    }
  }
}
