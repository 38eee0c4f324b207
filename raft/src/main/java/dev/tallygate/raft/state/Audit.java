package dev.tallygate.raft.state;

import java.util.HashMap;
import java.util.Map;

/**
 * Recounts a state from its rows alone, sharing nothing with apply: every checksum, the digest, and
 * for each pool conservation and the units that its leases hold. Used where a snapshot is verified,
 * by the scrub, and after every step of a simulation.
 */
public final class Audit {
  /** Tenant and pool number. */
  private record PoolId(int tenant, long number) {}

  /** What a pool says, and what its leases say. */
  private static final class Recount {
    final Counts counts = new Counts();
    long windowStartUs;
    long held;
    long cooling;
    long onHold;
  }

  private final Tables tables;
  private final Map<PoolId, Recount> recounts = new HashMap<>();

  /** By key, what the leases say that are counted for their holder. */
  private final Map<Bytes, Long> holders = new HashMap<>();

  /** The same for their group. */
  private final Map<Bytes, Long> groups = new HashMap<>();

  private long checksums;
  private long sessions;

  /** What leases say that they stand under, and what stands under labels: each a sum of hashes. */
  private long labelled;

  private long listed;

  /** Who comes after whom under a label, by the one and by the other. */
  private long after;

  private long before;
  private long inLists;

  private Audit(Tables tables) {
    this.tables = tables;
  }

  /**
   * Reads every row of tables that nobody writes meanwhile.
   *
   * @return the digest
   * @throws CorruptStateException naming what does not add up
   */
  public static long run(Tables tables) {
    Audit audit = new Audit(tables);
    for (TableId id : TableId.values()) if (id != TableId.REQUESTS) audit.sum(id, tables.table(id));
    for (long minute : tables.requestMinutes()) {
      Table requests = tables.requests(minute);
      if (requests != null) audit.sum(TableId.REQUESTS, requests);
    }
    tables.table(TableId.POOLS).forEach(audit::pool);
    tables.table(TableId.LEASES).forEach(audit::lease);
    audit.recounts.forEach(Audit::compare);
    tables.table(TableId.HOLDERS).forEach((key, row) -> take(audit.holders, key, row));
    tables.table(TableId.GROUPS).forEach((key, row) -> take(audit.groups, key, row));
    if (!audit.holders.isEmpty() || !audit.groups.isEmpty())
      throw new CorruptStateException("leases are counted for a holder or group without a count");
    CarriedAudit.run(tables);
    if (audit.sessions != tables.table(TableId.SESSIONS).count())
      throw new CorruptStateException("sessions without a lease");
    tables.table(TableId.LABELS).forEach(audit::label);
    audit.compareLabels();
    return audit.checksums;
  }

  /**
   * Checks one row alone.
   *
   * @return its checksum, which is its share of the digest
   * @throws CorruptStateException if it is not what was written under its key
   */
  public static long row(TableId id, Bytes key, Bytes row) {
    return Rows.verify(id, key, row);
  }

  private void sum(TableId id, Table table) {
    table.forEach((key, row) -> checksums += Rows.verify(id, key, row));
  }

  private void pool(Bytes key, Bytes row) {
    Recount recount = new Recount();
    Pool.readCounts(row, recount.counts);
    recount.windowStartUs = row.getLong(PoolLayout.WINDOW_START);
    PoolId id = new PoolId(key.getInt(0), row.getLong(PoolLayout.NUMBER));
    if (!recount.counts.conserved()) throw new CorruptStateException(id + ": " + recount.counts);
    if (recounts.put(id, recount) != null) throw new CorruptStateException(id + " stands twice");
    long inSlices = 0;
    for (int at = PoolLayout.SLICES; at < row.length(); at += Long.BYTES)
      inSlices += row.getLong(at);
    if (row.length() > PoolLayout.SLICES && inSlices != recount.counts.used) {
      throw new CorruptStateException(
          id + " used " + recount.counts.used + ", its slices say " + inSlices);
    }
  }

  private void lease(Bytes key, Bytes row) {
    labels(key, row);
    int state = row.getByte(LeaseLayout.STATE);
    if (state == LeaseLayout.STATE_SETTLED) return;
    PoolId id = new PoolId(key.getInt(0), row.getLong(LeaseLayout.POOL));
    Recount recount = recounts.get(id);
    long units = row.getLong(LeaseLayout.UNITS);
    if (state == LeaseLayout.STATE_HOLD) {
      long window = row.getLong(LeaseLayout.WINDOW);
      if (recount != null && (window == 0 || window == recount.windowStartUs))
        recount.onHold += units;
      else if (window == 0)
        throw new CorruptStateException("a hold of " + id + ", which is not there");
      return;
    }
    if (recount == null)
      throw new CorruptStateException("a lease of " + id + ", which is not there");
    switch (state) {
      case LeaseLayout.STATE_LIVE, LeaseLayout.STATE_SEAT -> recount.held += units;
      case LeaseLayout.STATE_COOLING -> recount.cooling += units;
      default -> throw new CorruptStateException("lease of an unknown state " + state);
    }
    session(key, row);
  }

  /** Takes the count of a holder or group off the list. */
  private static void take(Map<Bytes, Long> counts, Bytes key, Bytes row) {
    Long units = counts.remove(Bytes.of(key.copy()));
    if (units == null || units != row.getLong(HolderLayout.UNITS)) {
      throw new CorruptStateException(
          "a count says " + row.getLong(HolderLayout.UNITS) + ", its leases " + units);
    }
  }

  private void label(Bytes key, Bytes row) {
    long list =
        Checksum.of(
            key.getInt(0),
            key.array(),
            LabelLayout.KEY_LABEL,
            key.length() - LabelLayout.KEY_LABEL);
    long lease = key.getLong(LabelLayout.KEY_LEASE);
    if (lease == 0) {
      after += pair(list, 0, row.getLong(LabelLayout.FIRST));
      before += pair(list, row.getLong(LabelLayout.LAST), 0);
      inLists += row.getLong(LabelLayout.LEASES);
      return;
    }
    inLists--;
    listed += pair(list, lease, lease);
    after += pair(list, lease, row.getLong(LabelLayout.AFTER));
    before += pair(list, row.getLong(LabelLayout.BEFORE), lease);
  }

  private static long pair(long list, long one, long other) {
    return Checksum.mix(list ^ Long.rotateLeft(one, 32), other);
  }

  private void labels(Bytes key, Bytes row) {
    int at = LeaseLayout.labelsAt(row);
    for (int left = row.getByte(LeaseLayout.LABELS); left > 0; left--) {
      int length = row.getByte(at);
      long id = key.getLong(Integer.BYTES);
      labelled += pair(Checksum.of(key.getInt(0), row.array(), at + 1, length), id, id);
      at += 1 + length;
    }
  }

  private void compareLabels() {
    if (labelled != listed)
      throw new CorruptStateException("leases and lists of labels say otherwise");
    if (after != before || inLists != 0)
      throw new CorruptStateException("a list of a label is broken");
  }

  private static void compare(PoolId id, Recount recount) {
    Counts counts = recount.counts;
    if (counts.held == recount.held
        && counts.cooling == recount.cooling
        && counts.onHold == recount.onHold) return;
    throw new CorruptStateException(
        id
            + " says "
            + counts
            + "; its leases say held "
            + recount.held
            + ", cooling "
            + recount.cooling
            + ", on hold "
            + recount.onHold);
  }

  private void session(Bytes key, Bytes row) {
    long group = row.getLong(LeaseLayout.GROUP);
    if (group != 0) {
      Bytes of = new Bytes(32);
      GroupLayout.key(of, key.getInt(0), row.getLong(LeaseLayout.POOL), group);
      groups.merge(Bytes.of(of.copy()), row.getLong(LeaseLayout.UNITS), Long::sum);
    }
    if ((row.getByte(LeaseLayout.FLAGS) & LeaseLayout.FLAG_OF_HOLDER) != 0) {
      Bytes holder = new Bytes(128);
      HolderLayout.keyOf(holder, key.getInt(0), row);
      holders.merge(Bytes.of(holder.copy()), row.getLong(LeaseLayout.UNITS), Long::sum);
    }
    Bytes sessionKey = new Bytes(128);
    Bytes sessionRow = new Bytes(16);
    SessionLayout.keyOf(sessionKey, key.getInt(0), row);
    if (!tables.table(TableId.SESSIONS).get(sessionKey, sessionRow)
        || sessionRow.getLong(SessionLayout.LEASE) != key.getLong(Integer.BYTES)) {
      throw new CorruptStateException(
          "lease " + key.getLong(Integer.BYTES) + " is not its session's");
    }
    sessions++;
  }
}
