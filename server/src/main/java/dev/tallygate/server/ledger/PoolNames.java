package dev.tallygate.server.ledger;

import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.raft.store.LedgerReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Names of pools, from the records that created them: all others carry only a pool's number, which
 * is never given again. Any thread.
 */
final class PoolNames {
  /*
   * A name for each pool that ever was would fill the heap of a node whose partitions come and go.
   * So the names used last are kept, and of all others only whereabouts in the files they stand: one
   * place in PLACE_BYTES, from which the record is looked for. That is sixteen bytes of heap for
   * each 64 KiB of ledger at most. It is learned when a name is first missing, by one
   * pass from the beginning of what this node holds, and then from where the last pass stopped.
   */

  /** Names that are kept. */
  static final int KEPT_MAX = 32_768;

  private static final long PLACE_BYTES = 64 << 10;

  private record Key(int tenant, long pool) {}

  record Name(String entitlement, String partition) {}

  private final LedgerFiles files;
  private final long placeBytes;
  private final Map<Key, Name> kept;
  private final Object learning = new Object();

  // Both guarded by learning.
  private final Map<Integer, PoolPlaces> places = new HashMap<>();
  private long learned;

  PoolNames(LedgerFiles files) {
    this(files, KEPT_MAX, PLACE_BYTES);
  }

  PoolNames(LedgerFiles files, int keptMax, long placeBytes) {
    this.files = files;
    this.placeBytes = placeBytes;
    // Guarded by itself.
    kept =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Name> eldest) {
            return size() > keptMax;
          }
        };
  }

  /** Keeps the name that a record gives, if it gives one. */
  void learn(int tenant, int kind, LedgerBody body) {
    if (kind == LedgerKind.LEDGER_KIND_POOL_CREATED_VALUE)
      keep(tenant, body.getPool(), new Name(body.getEntitlement(), body.getPartition()));
  }

  private void keep(int tenant, long pool, Name name) {
    synchronized (kept) {
      kept.put(new Key(tenant, pool), name);
    }
  }

  /** Names that are kept now. */
  int kept() {
    synchronized (kept) {
      return kept.size();
    }
  }

  /**
   * The name of a pool. May read a lot; blocks.
   *
   * @param before a place in the files behind the record that created it
   * @param gone whether nobody wants to know any more
   * @return null where the record that named it is not held here, or nobody wants to know
   */
  @Nullable Name of(int tenant, long pool, long before, BooleanSupplier gone) throws IOException {
    // The pool of records that are about none.
    if (pool == 0) return null;
    synchronized (kept) {
      Name name = kept.get(new Key(tenant, pool));
      if (name != null) return name;
    }
    Name found = find(tenant, pool, before, gone);
    if (found != null) keep(tenant, pool, found);
    return found;
  }

  private @Nullable Name find(int tenant, long pool, long before, BooleanSupplier gone)
      throws IOException {
    long place;
    synchronized (learning) {
      learnUpTo(before, gone);
      PoolPlaces known = places.get(tenant);
      place = known == null ? -1 : known.placeOf(pool);
    }
    if (place < 0) return null;
    try (LedgerReader reader = files.reader(place)) {
      while (reader.end() < before && reader.next() && !gone.getAsBoolean()) {
        if (reader.tenant() != tenant || !isCreation(reader)) continue;
        LedgerBody body = Scan.parse(reader.record());
        if (body.getPool() == pool) return new Name(body.getEntitlement(), body.getPartition());
        // Numbers ascend: it is not held here.
        if (body.getPool() > pool) return null;
      }
    }
    return null;
  }

  private void learnUpTo(long end, BooleanSupplier gone) throws IOException {
    if (learned >= end) return;
    try (LedgerReader reader = files.reader(Math.max(learned, files.begin()))) {
      while (learned < end && !gone.getAsBoolean() && reader.next()) {
        if (isCreation(reader))
          places
              .computeIfAbsent(reader.tenant(), tenant -> new PoolPlaces(placeBytes))
              .add(Scan.parse(reader.record()).getPool(), reader.offset());
        learned = reader.end();
      }
    }
  }

  private static boolean isCreation(LedgerReader reader) {
    return reader.kind() == LedgerKind.LEDGER_KIND_POOL_CREATED_VALUE;
  }
}
