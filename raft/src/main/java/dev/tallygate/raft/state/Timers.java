package dev.tallygate.raft.state;

import java.util.Arrays;

/**
 * What is due when, in the order (time, tenant, id): a binary heap of primitives, no object for
 * each entry. Part of the served view, rebuilt by a scan at start.
 *
 * <p>Entries are never moved or taken out. A row says in its timer field which entry is its own;
 * when another comes up, it is stale and skipped. A renewal therefore costs nothing here: the old
 * entry comes up, finds a later end, and is set anew. Only an end that comes closer needs a second
 * entry.
 */
final class Timers {
  /** A row that no sweep looks at. */
  static final long NEVER = Long.MAX_VALUE;

  private long[] times = new long[64];
  private long[] ids = new long[64];
  private int[] tenants = new int[64];
  private int size;

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  void add(long time, int tenant, long id) {
    if (size == times.length) {
      times = Arrays.copyOf(times, size * 2);
      ids = Arrays.copyOf(ids, size * 2);
      tenants = Arrays.copyOf(tenants, size * 2);
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (!before(time, tenant, id, parent)) break;
      move(parent, at);
      at = parent;
    }
    set(at, time, tenant, id);
  }

  boolean due(long now) {
    return size > 0 && times[0] <= now;
  }

  long time() {
    return times[0];
  }

  int tenant() {
    return tenants[0];
  }

  long id() {
    return ids[0];
  }

  void pop() {
    size--;
    long time = times[size];
    long id = ids[size];
    int tenant = tenants[size];
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      int right = child + 1;
      if (right < size && before(times[right], tenants[right], ids[right], child)) child = right;
      if (before(time, tenant, id, child)) break;
      move(child, at);
      at = child;
    }
    set(at, time, tenant, id);
  }

  private boolean before(long time, int tenant, long id, int other) {
    if (time != times[other]) return time < times[other];
    if (tenant != tenants[other]) return tenant < tenants[other];
    return id < ids[other];
  }

  private void move(int from, int to) {
    set(to, times[from], tenants[from], ids[from]);
  }

  private void set(int at, long time, int tenant, long id) {
    times[at] = time;
    tenants[at] = tenant;
    ids[at] = id;
  }
}
