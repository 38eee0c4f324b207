package dev.tallygate.raft.state;

import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The names of a tenant's entities in their order as bytes, so that those of one type stand
 * together. Part of the served view, rebuilt by a scan at start. The apply thread adds and removes;
 * any thread may read meanwhile. One that is there throughout a walk is met exactly once.
 */
public final class EntityList {
  private final ConcurrentNavigableMap<Bytes, Boolean> names = new ConcurrentSkipListMap<>();

  void add(byte[] name) {
    names.put(Bytes.of(name), true);
  }

  void remove(byte[] name) {
    names.remove(Bytes.of(name));
  }

  /** The first name; null where there is none. */
  byte @Nullable [] first() {
    Map.Entry<Bytes, Boolean> first = names.firstEntry();
    return first == null ? null : first.getKey().copy();
  }

  /**
   * The next name.
   *
   * @return null where there is none
   */
  public byte @Nullable [] after(byte[] name) {
    Bytes found = names.higherKey(Bytes.of(name));
    return found == null ? null : found.copy();
  }
}
