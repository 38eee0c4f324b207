package dev.tallygate.raft.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Ids in ascending order, for readers that walk through them: the leases of one pool. Part of the
 * served view, rebuilt by a scan at start.
 *
 * <p>Threads: the apply thread adds and removes; any thread may read meanwhile, and neither waits
 * for the other. An id that is there from the beginning of a walk to its end is met exactly once;
 * one that comes or goes meanwhile is met or not.
 */
public final class IdList {
  // Ids come in ascending order and go in any. They lie in chunks; one that goes is marked by its
  // sign where it lies, so that the order stays. A chunk is never shortened or moved: another one
  // in another directory takes its place, and who reads the old one reads on in it. A sorted set
  // of boxed ids would need ten times the memory and work for each.

  private static final int CHUNK_IDS = 512;
  private static final int CHUNK_IDS_FIRST = 4;
  private static final Chunk[] NONE = {};
  private static final long[] NO_IDS = {};
  private static final VarHandle IDS = MethodHandles.arrayElementVarHandle(long[].class);

  private static final class Chunk {
    final long[] ids;

    /** Ids that were added, gone ones included. Written last. */
    volatile int size;

    /** Apply thread only. */
    int live;

    Chunk(int room) {
      ids = new long[room];
    }

    void add(long id) {
      int at = size;
      IDS.setOpaque(ids, at, id);
      live++;
      size = at + 1;
    }

    long get(int at) {
      return (long) IDS.getOpaque(ids, at);
    }

    void addLiveOf(Chunk other) {
      for (int i = 0; i < other.size; i++) if (other.get(i) > 0) add(other.get(i));
    }

    /** Where the id stands, gone or not, or would stand. */
    int search(long id) {
      int low = 0;
      for (int high = size; low < high; ) {
        int middle = (low + high) >>> 1;
        if (Math.abs(get(middle)) < id) low = middle + 1;
        else high = middle;
      }
      return low;
    }
  }

  private volatile Chunk[] chunks = NONE;
  private long[] loading = NO_IDS;
  private int loaded;

  /** Takes an id, above 0, in any order: before {@link #sort}, and never afterwards. */
  void load(long id) {
    if (loaded == loading.length)
      loading = Arrays.copyOf(loading, Math.max(CHUNK_IDS_FIRST, 2 * loaded));
    loading[loaded++] = id;
  }

  /** Ends loading. */
  void sort() {
    Arrays.sort(loading, 0, loaded);
    for (int i = 0; i < loaded; i++) add(loading[i]);
    loading = NO_IDS;
    loaded = 0;
  }

  /** Adds an id above all that were added. */
  void add(long id) {
    Chunk[] now = chunks;
    if (now.length == 0) {
      publish(now, 0, 0, new Chunk(CHUNK_IDS_FIRST)).add(id);
      return;
    }
    Chunk last = now[now.length - 1];
    if (last.size < last.ids.length) {
      last.add(id);
    } else if (last.live <= last.ids.length / 2) {
      publishWith(now, last, last.ids.length, id);
    } else if (last.ids.length < CHUNK_IDS) {
      publishWith(now, last, 2 * last.ids.length, id);
    } else {
      publish(now, now.length, 0, new Chunk(CHUNK_IDS)).add(id);
    }
  }

  /** Puts what is live of the last chunk, and the id, into a fresh one. */
  private void publishWith(Chunk[] now, Chunk last, int room, long id) {
    Chunk fresh = new Chunk(room);
    fresh.addLiveOf(last);
    fresh.add(id);
    var unused = publish(now, now.length - 1, 1, fresh);
  }

  /** Removes an id; one that is not there is no fault. */
  void remove(long id) {
    Chunk[] now = chunks;
    int of = chunkOf(now, id);
    if (of < 0) return;
    Chunk chunk = now[of];
    int at = chunk.search(id);
    if (at == chunk.size || chunk.get(at) != id) return;
    IDS.setOpaque(chunk.ids, at, -id);
    chunk.live--;
    if (chunk.live > CHUNK_IDS / 4) return;
    boolean isLast = of == now.length - 1;
    if (chunk.live == 0 && !isLast) {
      chunks = without(now, of);
    } else if (!isLast && mergeable(now, of)) {
      merge(now, of);
    } else if (of > 0 && mergeable(now, of - 1)) {
      merge(now, of - 1);
    }
  }

  /** Whether a chunk and the one behind it would fill one by half. */
  private static boolean mergeable(Chunk[] now, int first) {
    return now[first].live + now[first + 1].live <= CHUNK_IDS / 2;
  }

  private void merge(Chunk[] now, int first) {
    Chunk merged = new Chunk(CHUNK_IDS);
    merged.addLiveOf(now[first]);
    merged.addLiveOf(now[first + 1]);
    var unused = publish(now, first, 2, merged);
  }

  /** Puts a chunk in the place of some. */
  private Chunk publish(Chunk[] now, int at, int replaced, Chunk with) {
    Chunk[] next = new Chunk[now.length - replaced + 1];
    System.arraycopy(now, 0, next, 0, at);
    next[at] = with;
    System.arraycopy(now, at + replaced, next, at + 1, now.length - at - replaced);
    chunks = next;
    return with;
  }

  private static Chunk[] without(Chunk[] now, int at) {
    Chunk[] next = new Chunk[now.length - 1];
    System.arraycopy(now, 0, next, 0, at);
    System.arraycopy(now, at + 1, next, at, now.length - at - 1);
    return next;
  }

  /** The chunk in which an id is, if it is anywhere; -1 for none. */
  private static int chunkOf(Chunk[] now, long id) {
    int low = 0;
    for (int high = now.length; low < high; ) {
      int middle = (low + high) >>> 1;
      if (first(now[middle]) <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Its lowest id; of a chunk that was made just now and holds none yet, higher than any. */
  private static long first(Chunk chunk) {
    return chunk.size == 0 ? Long.MAX_VALUE : Math.abs(chunk.get(0));
  }

  /** Adds every id to a set. Apply thread only. */
  void addTo(java.util.Set<Long> set) {
    long[] some = new long[CHUNK_IDS];
    long after = 0;
    for (int count = next(after, some); count > 0; count = next(after, some)) {
      for (int i = 0; i < count; i++) set.add(some[i]);
      after = some[count - 1];
    }
  }

  /**
   * Copies ids above {@code after}, ascending, into an array. Any thread.
   *
   * @return how many; fewer than the array has room for only where there are no more
   */
  public int next(long after, long[] into) {
    Chunk[] now = chunks;
    int found = 0;
    for (int of = Math.max(0, chunkOf(now, after)); of < now.length; of++) {
      Chunk chunk = now[of];
      int size = chunk.size;
      for (int at = chunk.search(after + 1); at < size; at++) {
        long id = chunk.get(at);
        if (id <= after) continue;
        if (found == into.length) return found;
        into[found++] = id;
      }
    }
    return found;
  }
}
