package dev.tallygate.loadtest.exact;

import dev.tallygate.proto.v1.LedgerRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A second count of everything, from the ledger's records in their order, held against what callers
 * were told. Pure; confined to one thread; for pools whose limit was never cut, that do not linger
 * and did not retire.
 */
public final class LedgerRecount {
  private static final int FAULTS_MAX = 100;

  private final Checker checker;
  private final List<Fault> faults = new ArrayList<>();
  private final Map<String, Pool> pools = new HashMap<>();
  private final Map<String, Long> unitsOfLease = new HashMap<>();
  private final Set<String> grantedIds = new HashSet<>();
  private long position;
  private int ordinal;
  private long records;

  private static final class Pool {
    long limit;
    long free;
    long taken;
    long overage;
    boolean begun;
  }

  public LedgerRecount(Checker checker) {
    this.checker = checker;
  }

  /** Takes the next record. */
  public void accept(LedgerRecord record) {
    records++;
    // A seal belongs to the entry's last record and bears its position.
    if (record.getKind().equals("SEAL")) return;
    checkOrder(record);
    switch (record.getKind()) {
      case "GRANTED" -> {
        grantOnce(record);
        if (unitsOfLease.put(record.getLeaseId(), record.getUnits()) != null) {
          fault(record, "grants a lease that was granted before");
        }
        move(record, record.getUnits());
      }
      case "RESUMED" -> {
        grantOnce(record);
        move(record, 0);
      }
      case "RELEASED", "EXPIRED", "REVOKED", "CANCELLED" -> move(record, -endLease(record));
      case "HOLD_EXPIRED" -> {
        endLease(record);
        move(record, 0);
      }
      case "COMMITTED" -> commit(record);
      default -> {}
    }
  }

  private void checkOrder(LedgerRecord record) {
    boolean later =
        record.getPosition() > position
            || (record.getPosition() == position && record.getOrdinal() > ordinal);
    if (records > 1 && !later) fault(record, "does not come after " + position + "." + ordinal);
    position = record.getPosition();
    ordinal = record.getOrdinal();
  }

  private void grantOnce(LedgerRecord record) {
    String id = record.getRequestId();
    Checker.Known known = checker.known(id);
    if (!grantedIds.add(id)) fault(record, "grants request " + id + " a second time");
    if (known == null) {
      fault(record, "grants request " + id + ", which nobody sent");
      return;
    }
    if (known.refusedForGood())
      fault(record, "grants request " + id + ", whose caller was refused");
    boolean other = known.leaseId() != null && !known.leaseId().equals(record.getLeaseId());
    if (other)
      fault(record, "grants request " + id + ", whose caller has lease " + known.leaseId());
    boolean otherToken = known.token() != null && !known.token().equals(record.getToken());
    if (otherToken)
      fault(record, "grants request " + id + ", whose caller has token " + known.token());
    if (record.getKind().equals("GRANTED") && known.units() != record.getUnits()) {
      fault(record, "grants other units than the " + known.units() + " asked for");
    }
  }

  private long endLease(LedgerRecord record) {
    Long units = unitsOfLease.remove(record.getLeaseId());
    if (units != null) return units;
    fault(record, "ends a lease that is not live");
    return 0;
  }

  // What a commit gives back shows in the pool; it can be nothing but a part of the hold.
  private void commit(LedgerRecord record) {
    long units = endLease(record);
    Pool pool = pool(record);
    long back = record.getFree() - pool.free + pool.overage - record.getOverage();
    if (back < 0 || back > units) fault(record, "gives back " + back + " of a hold of " + units);
    move(record, -back);
  }

  private void move(LedgerRecord record, long units) {
    Pool pool = pool(record);
    pool.taken += units;
    pool.limit = record.getLimit();
    pool.free = record.getFree();
    pool.overage = record.getOverage();
    // What is taken beyond the limit must say so.
    if (pool.taken < 0 || pool.taken > pool.limit + pool.overage) {
      fault(
          record,
          "leaves "
              + pool.taken
              + " taken of a limit of "
              + pool.limit
              + " and overage of "
              + pool.overage);
    }
    long free = pool.limit + pool.overage - pool.taken - record.getCarried();
    if (pool.free != free || (pool.free > 0 && pool.overage > 0)) {
      fault(record, "says that " + pool.free + " are free; counted are " + free);
    }
  }

  private Pool pool(LedgerRecord record) {
    Pool pool =
        pools.computeIfAbsent(
            poolName(record.getEntitlement(), record.getPartition()), name -> new Pool());
    if (!pool.begun) pool.free = record.getLimit();
    pool.begun = true;
    return pool;
  }

  /** How this package and its callers name a pool. */
  public static String poolName(String entitlement, String partition) {
    return partition.isEmpty() ? entitlement : entitlement + "/" + partition;
  }

  /** Ends the count: every grant that a caller was told of must have been seen. */
  public List<Fault> finish() {
    for (String id : checker.grantedIds()) {
      if (!grantedIds.contains(id)) fault("request " + id + " was granted and is in no record");
    }
    return List.copyOf(faults);
  }

  /** Units of a pool that are taken by the records so far. */
  public long taken(String pool) {
    Pool known = pools.get(pool);
    return known == null ? 0 : known.taken;
  }

  public long records() {
    return records;
  }

  private void fault(LedgerRecord record, String what) {
    fault(
        "record "
            + record.getPosition()
            + "."
            + record.getOrdinal()
            + " "
            + record.getKind()
            + " of "
            + poolName(record.getEntitlement(), record.getPartition())
            + " "
            + what);
  }

  private void fault(String text) {
    if (faults.size() < FAULTS_MAX) faults.add(new Fault(Fault.Kind.LEDGER, text));
  }
}
