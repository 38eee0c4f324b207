package dev.tallygate.raft.store;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers for each complete segment the first position of each tenant in it, so that reading need
 * not begin at the beginning. Filled as it is asked; each segment is read once. Any thread, one at
 * a time.
 */
final class LedgerIndex {
  private final LedgerFiles files;
  private final Map<Long, Map<Integer, Long>> firstByTenant = new HashMap<>();

  LedgerIndex(LedgerFiles files) {
    this.files = files;
  }

  synchronized void clear() {
    firstByTenant.clear();
  }

  synchronized long seek(int tenant, long afterPosition) throws IOException {
    List<LedgerSegment> segments = files.segments();
    for (int i = segments.size() - 1; i >= 0; i--) {
      LedgerSegment segment = segments.get(i);
      boolean complete = i < segments.size() - 1;
      long first = complete ? complete(segment).getOrDefault(tenant, 0L) : running(segment, tenant);
      if (first != 0 && first <= afterPosition + 1) return segment.start();
      long missingTo = segment.start();
      boolean gap = i == 0 ? missingTo > 0 : segments.get(i - 1).end() < missingTo;
      if (gap)
        throw new LedgerNotHeldException(
            "this node does not hold the ledger before `" + missingTo + "`");
    }
    return 0;
  }

  private Map<Integer, Long> complete(LedgerSegment segment) throws IOException {
    Map<Integer, Long> known = firstByTenant.get(segment.start());
    if (known != null) return known;
    Map<Integer, Long> firsts = new HashMap<>();
    try (LedgerReader reader = new LedgerReader(segment)) {
      while (reader.next()) firsts.putIfAbsent(reader.tenant(), reader.position());
    }
    firstByTenant.put(segment.start(), firsts);
    return firsts;
  }

  private static long running(LedgerSegment segment, int tenant) throws IOException {
    try (LedgerReader reader = new LedgerReader(segment)) {
      while (reader.next()) if (reader.tenant() == tenant) return reader.position();
    }
    return 0;
  }
}
