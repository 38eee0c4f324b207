package dev.tallygate.server.ledger;

import java.util.Arrays;

/**
 * Whereabouts in the ledger the pools of one tenant were created: some of them, in the order of
 * their numbers, which is that of the ledger. One thread at a time.
 */
final class PoolPlaces {
  private final long everyBytes;
  private long[] pools = new long[16];
  private long[] places = new long[16];
  private int count;

  /**
   * @param everyBytes how far apart places are at least, in bytes of the ledger
   */
  PoolPlaces(long everyBytes) {
    this.everyBytes = everyBytes;
  }

  /** Notes where a pool was created, unless it is near to one that was noted. */
  void add(long pool, long place) {
    if (count > 0 && place - places[count - 1] < everyBytes) return;
    if (count == pools.length) {
      pools = Arrays.copyOf(pools, 2 * count);
      places = Arrays.copyOf(places, 2 * count);
    }
    pools[count] = pool;
    places[count++] = place;
  }

  /** A place from which the creation of a pool is not far; -1 where it is before all of them. */
  long placeOf(long pool) {
    int found = Arrays.binarySearch(pools, 0, count, pool);
    int at = found >= 0 ? found : -found - 2;
    return at < 0 ? -1 : places[at];
  }

  int count() {
    return count;
  }
}
