package dev.tallygate.raft.state;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of {@link Audit} that holds pools against the retired ones of their name: none may say
 * that less is carried than these hold, a retired pool has no limit, and no entitlement is kept
 * that no pool drains under.
 */
final class CarriedAudit {
  private record EntitlementId(int tenant, int number) {}

  private record PoolRow(
      EntitlementId id, dev.tallygate.proto.log.v1.Entitlement of, Bytes partition, Counts counts) {
    String name() {
      return id.tenant + "/" + of.getName();
    }

    boolean countsAgainst(PoolRow other) {
      return !of.getPartitionByList().equals(other.of.getPartitionByList())
          || partition.equals(other.partition);
    }
  }

  private final Map<EntitlementId, dev.tallygate.proto.log.v1.Entitlement> entitlements =
      new HashMap<>();
  private final Map<String, List<PoolRow>> retired = new HashMap<>();
  private final List<PoolRow> others = new ArrayList<>();
  private final Set<EntitlementId> drained = new HashSet<>();

  private CarriedAudit() {}

  static void run(Tables tables) {
    CarriedAudit audit = new CarriedAudit();
    tables.table(TableId.ENTITLEMENTS).forEach(audit::entitlement);
    tables.table(TableId.POOLS).forEach(audit::pool);
    if (!audit.drained.isEmpty())
      throw new CorruptStateException("nothing drains under retired " + audit.drained);
    audit.others.forEach(audit::compare);
  }

  private void entitlement(Bytes key, Bytes row) {
    try {
      EntitlementId id = new EntitlementId(key.getInt(0), key.getInt(Integer.BYTES));
      byte[] canonical = row.copy(Rows.CONTENT, row.length() - Rows.CONTENT);
      var read = dev.tallygate.proto.log.v1.Entitlement.parseFrom(canonical);
      entitlements.put(id, read);
      if (read.getRetired()) drained.add(id);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptStateException("an entitlement cannot be read: " + e.getMessage());
    }
  }

  private void pool(Bytes key, Bytes row) {
    EntitlementId id = new EntitlementId(key.getInt(0), key.getInt(PoolLayout.KEY_ENTITLEMENT));
    var of = entitlements.get(id);
    if (of == null) throw new CorruptStateException("a pool of " + id + ", which is not there");
    int length = key.length() - PoolLayout.KEY_PARTITION;
    Counts counts = new Counts();
    Pool.readCounts(row, counts);
    PoolRow read =
        new PoolRow(id, of, Bytes.of(key.copy(PoolLayout.KEY_PARTITION, length)), counts);
    if (!of.getRetired()) {
      others.add(read);
      return;
    }
    drained.remove(id);
    if (counts.limit != 0 || counts.carried != 0)
      throw new CorruptStateException("a retired pool of " + id + ": " + counts);
    if (!of.hasSite()) retired.computeIfAbsent(read.name(), unused -> new ArrayList<>()).add(read);
  }

  private void compare(PoolRow pool) {
    long holds = 0;
    for (PoolRow before : retired.getOrDefault(pool.name(), List.of()))
      if (before.countsAgainst(pool)) holds += before.counts.taken();
    if (pool.counts.carried < holds)
      throw new CorruptStateException(
          pool.id + " says " + pool.counts + "; retired pools hold " + holds);
  }
}
