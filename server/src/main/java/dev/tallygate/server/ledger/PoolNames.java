package dev.tallygate.server.ledger;

import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.raft.store.LedgerReader;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Names of pools, learned from the records that created them: all others carry only a pool's
 * number, which is never given again. The first read of the ledger learns from its beginning, later
 * ones from where the last stopped. Any thread.
 */
final class PoolNames {
  private record Key(int tenant, long pool) {}

  record Name(String entitlement, String partition) {}

  private final LedgerFiles files;
  private final Map<Key, Name> names = new ConcurrentHashMap<>();
  private final Object learning = new Object();
  private long learned;

  PoolNames(LedgerFiles files) {
    this.files = files;
  }

  /** Learns from all records before a place in the files. May read a lot; blocks. */
  void learnUpTo(long end) throws IOException {
    synchronized (learning) {
      if (learned >= end) return;
      long from = Math.max(learned, files.begin());
      try (LedgerReader reader = files.reader(from)) {
        while (learned < end && reader.next()) {
          if (reader.kind() == LedgerKind.LEDGER_KIND_POOL_CREATED_VALUE)
            learn(reader.tenant(), reader.kind(), Scan.parse(reader.record()));
          learned = reader.end();
        }
      }
    }
  }

  void learn(int tenant, int kind, LedgerBody body) {
    if (kind == LedgerKind.LEDGER_KIND_POOL_CREATED_VALUE)
      names.put(
          new Key(tenant, body.getPool()), new Name(body.getEntitlement(), body.getPartition()));
  }

  /** Null where the record that named it is not held here. */
  @Nullable Name of(int tenant, long pool) {
    return names.get(new Key(tenant, pool));
  }
}
