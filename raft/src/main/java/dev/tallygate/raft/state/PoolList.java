package dev.tallygate.raft.state;

import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The pools of one tenant that exist, with their leases, in an order: by entitlement number, then
 * by partition as bytes. Part of the served view. The apply thread adds and removes; any thread may
 * read meanwhile. A pool that exists throughout a walk is met exactly once.
 */
public final class PoolList {
  /**
   * A pool that exists or did a moment ago.
   *
   * @param partition not to be changed; empty for the one pool of an entitlement without partitions
   * @param leases ids of its leases and open holds
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Listed(byte[] partition, IdList leases) {}

  private record Place(int entitlement, Bytes partition) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int order = Integer.compare(entitlement, other.entitlement);
      return order != 0 ? order : partition.compareTo(other.partition);
    }
  }

  private final ConcurrentNavigableMap<Place, Listed> pools = new ConcurrentSkipListMap<>();

  private static Place place(Pool pool) {
    return new Place(pool.entitlement().number(), Bytes.of(pool.partition()));
  }

  void add(Pool pool) {
    pools.put(place(pool), new Listed(pool.partition(), pool.leases()));
  }

  void remove(Pool pool) {
    pools.remove(place(pool));
  }

  boolean isEmpty() {
    return pools.isEmpty();
  }

  /** Null where there is none. */
  public @Nullable Listed get(int entitlement, byte[] partition) {
    return pools.get(new Place(entitlement, Bytes.of(partition)));
  }

  /**
   * The entitlement's next pool.
   *
   * @param after the partition before it; null for the first pool
   * @return null where there is none
   */
  public @Nullable Listed next(int entitlement, byte @Nullable [] after) {
    Place from = new Place(entitlement, Bytes.of(after == null ? new byte[0] : after));
    Map.Entry<Place, Listed> found =
        after == null ? pools.ceilingEntry(from) : pools.higherEntry(from);
    return found == null || found.getKey().entitlement() != entitlement ? null : found.getValue();
  }
}
