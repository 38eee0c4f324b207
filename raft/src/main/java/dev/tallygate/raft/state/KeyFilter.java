package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.List;

/**
 * Says for certain that a key was never added, or that it may have been. Nearly every request id is
 * a fresh one, and asking this costs one cache line where asking the table costs a look-up that
 * finds nothing. A Bloom filter, blocked (Putze, Sanders, Singler 2007): four bits in one line of
 * 512 for each key, about one false alarm in a hundred. Grows by a layer twice as large whenever
 * the last is full.
 *
 * <p>An answer here never changes an outcome, only what it costs; so the filter is not part of the
 * state.
 */
final class KeyFilter {
  private static final int LINE_LONGS = 8;
  private static final int KEYS_PER_LINE = 40;
  private static final int FIRST_LINES = 1 << 8;
  private static final int LINES_MAX = 1 << 20;

  private final List<long[]> layers = new ArrayList<>();
  private long[] newest = new long[FIRST_LINES * LINE_LONGS];
  private long room = (long) FIRST_LINES * KEYS_PER_LINE;

  KeyFilter() {
    layers.add(newest);
  }

  void add(long hash) {
    if (room == 0) {
      int lines = Math.min(newest.length / LINE_LONGS * 2, LINES_MAX);
      newest = new long[lines * LINE_LONGS];
      layers.add(newest);
      room = (long) lines * KEYS_PER_LINE;
    }
    room--;
    int line = line(newest, hash);
    for (int i = 0; i < 4; i++) newest[line + word(hash, i)] |= bit(hash, i);
  }

  /** False where the key was never added. */
  boolean mayContain(long hash) {
    for (int i = layers.size() - 1; i >= 0; i--) if (in(layers.get(i), hash)) return true;
    return false;
  }

  private static boolean in(long[] layer, long hash) {
    int line = line(layer, hash);
    for (int i = 0; i < 4; i++) if ((layer[line + word(hash, i)] & bit(hash, i)) == 0) return false;
    return true;
  }

  private static int line(long[] layer, long hash) {
    return ((int) (hash >>> 40) & (layer.length / LINE_LONGS - 1)) * LINE_LONGS;
  }

  private static int word(long hash, int i) {
    return (int) (hash >>> (i * 9 + 6)) & 7;
  }

  private static long bit(long hash, int i) {
    return 1L << (hash >>> (i * 9));
  }
}
