package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.CatalogUndo;
import dev.tallygate.proto.log.v1.CatalogVersion;
import dev.tallygate.proto.v1.RefusalReason;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows of the served state. One for each thread: its buffers are reused. A row that fails its
 * checksum throws and must end the node.
 */
public final class Reader {
  private final Tables tables;
  private final View view;
  private final Bytes key = new Bytes(128);
  private final Bytes row = new Bytes(256);
  private final Bytes other = new Bytes(256);
  private final Counts counts = new Counts();
  private long windowEndUs;
  private long overageSinceUs;
  private long retryAfterUs;
  private long entityPosition;

  Reader(Tables tables, View view) {
    this.tables = tables;
    this.view = view;
  }

  /** Counts of the pool that was read last. Reused. */
  public Counts counts() {
    return counts;
  }

  /** End of the calendar window of the pool that was read last; 0 where there is none. */
  public long windowEndUs() {
    return windowEndUs;
  }

  /** Civil clock when the pool that was read last went beyond its limit; 0 where it is within. */
  public long overageSinceUs() {
    return overageSinceUs;
  }

  /**
   * When the refusal that was judged last may be worth another try, in microseconds; 0 where only
   * another limit can help.
   */
  public long retryAfterUs() {
    return retryAfterUs;
  }

  /**
   * False where the pool was never touched: it then counts as the catalog says, with everything
   * free.
   */
  public boolean pool(TenantView tenant, Entitlement entitlement, Span partition) {
    windowEndUs = 0;
    overageSinceUs = 0;
    PoolLayout.key(key, tenant.number(), entitlement.number(), partition);
    if (!read(TableId.POOLS)) {
      counts.fresh(entitlement.limit(Bytes.of(partition.copy())));
      counts.carry(carried(tenant, entitlement, partition));
      return false;
    }
    Pool.readCounts(row, counts);
    overageSinceUs = row.getLong(PoolLayout.OVERAGE_SINCE);
    counts.carry(carried(tenant, entitlement, partition));
    if (row.getLong(PoolLayout.WINDOW_END) > row.getLong(PoolLayout.WINDOW_START)) {
      windowEndUs = row.getLong(PoolLayout.WINDOW_END);
    }
    return true;
  }

  /** As {@link Carried} adds it up. */
  private long carried(TenantView tenant, Entitlement entitlement, Span partition) {
    if (entitlement.retired()) return 0;
    long carried = 0;
    for (Retired before : tenant.retired(entitlement.name())) {
      if (!before.counts()) continue;
      if (!before.countsByPartition(entitlement)) {
        carried += before.taken();
        continue;
      }
      PoolLayout.key(key, tenant.number(), before.entitlement().number(), partition);
      if (!tables.table(TableId.POOLS).get(key, other)) continue;
      Rows.verify(TableId.POOLS, key, other);
      carried += other.getLong(PoolLayout.HELD) + other.getLong(PoolLayout.ON_HOLD);
      carried += other.getLong(PoolLayout.COOLING) + other.getLong(PoolLayout.USED);
    }
    return carried;
  }

  /** Whether the partition has a pool: one that nothing was granted in has none. */
  public boolean hasPool(int tenant, int entitlement, Span partition) {
    PoolLayout.key(key, tenant, entitlement, partition);
    return read(TableId.POOLS);
  }

  /** What became of a tenant's catalog by one version; null where that is not kept any more. */
  public @Nullable CatalogVersion catalogVersion(TenantView tenant, long version) {
    CatalogLayout.key(key, tenant.number(), version, 0);
    return read(TableId.CATALOG_VERSIONS) ? CatalogVersions.version(row) : null;
  }

  /**
   * A tenant's catalog as it was: by name, ascending, with sets and without numbers.
   *
   * @param version at most that of {@code tenant}
   * @return null where a version since is not kept any more
   */
  public @Nullable Map<String, dev.tallygate.proto.log.v1.Entitlement> catalogAt(
      TenantView tenant, long version) {
    Map<String, dev.tallygate.proto.log.v1.Entitlement> catalog = new TreeMap<>();
    for (Entitlement entitlement : tenant.entitlements().values())
      catalog.put(entitlement.name(), unnumbered(entitlement.canonical()));
    for (long back = tenant.catalogVersion(); back > version; back--)
      if (!takeBack(tenant, back, catalog)) return null;
    // What is not kept is not answered for, although what came after would lead there.
    return version == 0 || catalogVersion(tenant, version) != null ? catalog : null;
  }

  private boolean takeBack(
      TenantView tenant,
      long version,
      Map<String, dev.tallygate.proto.log.v1.Entitlement> catalog) {
    CatalogVersion of = catalogVersion(tenant, version);
    if (of == null) return false;
    for (int part = 1; part <= CatalogVersions.changes(of); part++) {
      CatalogLayout.key(key, tenant.number(), version, part);
      if (!read(TableId.CATALOG_VERSIONS)) return false;
      CatalogUndo undo = CatalogVersions.undo(row);
      if (undo.hasBefore()) catalog.put(undo.getName(), unnumbered(undo.getBefore()));
      else catalog.remove(undo.getName());
    }
    return true;
  }

  private static dev.tallygate.proto.log.v1.Entitlement unnumbered(
      dev.tallygate.proto.log.v1.Entitlement entitlement) {
    return entitlement.toBuilder().clearNumber().build();
  }

  /** Reads a lease or hold; false where there is none of that id. */
  public boolean lease(TenantView tenant, long leaseId, LeaseRow into) {
    LeaseLayout.key(key, tenant.number(), leaseId);
    if (!tables.table(TableId.LEASES).get(key, into.row())) return false;
    Rows.verify(TableId.LEASES, key, into.row());
    return true;
  }

  /** The lease id of the seat that a holder has, or that cools down; 0 where there is none. */
  public long seat(TenantView tenant, Entitlement entitlement, Span partition, Span holder) {
    if (!hasPool(tenant.number(), entitlement.number(), partition)) return 0;
    SessionLayout.key(key, tenant.number(), row.getLong(PoolLayout.NUMBER), holder, new Span());
    return read(TableId.SESSIONS) ? row.getLong(SessionLayout.LEASE) : 0;
  }

  /**
   * What is stored of an entity.
   *
   * @param name as holders are named
   * @return null where there is none
   */
  public dev.tallygate.proto.log.v1.@Nullable Entity entity(TenantView tenant, Span name) {
    entityPosition = 0;
    EntityLayout.key(key, tenant.number(), name);
    if (!read(TableId.ENTITIES)) return null;
    entityPosition = row.getLong(EntityLayout.POSITION);
    return Attributes.read(row);
  }

  /** Position of the last change of the entity that was read last; 0 where there was none. */
  public long entityPosition() {
    return entityPosition;
  }

  /** The reference under which the ledger knows a holder; 0 where it knows none. */
  public long subjectRef(TenantView tenant, Span holder) {
    SubjectLayout.subjectKey(key, tenant.number(), holder);
    return read(TableId.SUBJECTS) ? row.getLong(SubjectLayout.REFERENCE) : 0;
  }

  /** The holder's name; null where it was erased or never known. */
  public @Nullable String subjectName(int tenant, long reference) {
    SubjectLayout.nameKey(key, tenant, reference);
    return read(TableId.NAMES)
        ? row.utf8(SubjectLayout.NAME, row.length() - SubjectLayout.NAME)
        : null;
  }

  /**
   * Says whether a leader may refuse a first attempt without a log entry, judged by the state as it
   * is after an entry, never by rows of two. Only true of this moment if this node still leads,
   * which the caller has to confirm by a round that begins afterwards.
   *
   * @param chain of the command and each of its targets
   * @return the reason, or REFUSAL_REASON_UNSPECIFIED where the command has to go through the log
   */
  public RefusalReason judge(TenantView tenant, List<Entitlement> chain, AllocateCommand command) {
    long version = view.version();
    if ((version & 1) != 0) return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    RefusalReason reason =
        command.targetCount() == 0
            ? judgeRows(tenant, chain.getFirst(), command)
            : judgeChain(tenant, chain, command);
    VarHandle.acquireFence();
    return view.version() == version ? reason : RefusalReason.REFUSAL_REASON_UNSPECIFIED;
  }

  /** The first is judged last, so that the counts are its own in the end. */
  private RefusalReason judgeChain(
      TenantView tenant, List<Entitlement> chain, AllocateCommand command) {
    RefusalReason all = RefusalReason.REFUSAL_REASON_EXHAUSTED;
    long soonest = 0;
    for (int number = command.targetCount(); number >= 0; number--) {
      command.use(number);
      // What the question does not fit is the log's to say.
      RefusalReason reason =
          command.refusal != 0
              ? RefusalReason.REFUSAL_REASON_UNSPECIFIED
              : judgeRows(tenant, chain.get(number), command);
      if (reason != RefusalReason.REFUSAL_REASON_EXHAUSTED) all = reason;
      soonest = Fallbacks.sooner(soonest, retryAfterUs);
    }
    retryAfterUs = soonest;
    // It ends with the one that the command was made for in use.
    return all;
  }

  private RefusalReason judgeRows(
      TenantView tenant, Entitlement entitlement, AllocateCommand command) {
    if (!view.clockReady() || command.catalogVersion != tenant.catalogVersion())
      return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    if (tenant.status() == TenantStatus.SUSPENDED) return suspended(tenant, entitlement, command);
    // Whether a label is blocked is asked before the pool.
    if (command.labelCount > 0 && tenant.blocks().untilUs(command, key) > view.civilUs())
      return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    if (entitlement.holderMax() > 0 && command.units > entitlement.holderMax())
      return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    boolean named = entitlement.model() == Entitlement.Model.NAMED_USER;
    // Refused for another reason before the pool's.
    if (named && (entitlement.assignedOnly() || command.units != 1))
      return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    boolean made = pool(tenant, entitlement, command.partition);
    // What retired pools hold comes back by sweeps of theirs: only the log can tell.
    if (counts.carried > 0) return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    if (!made) {
      retryAfterUs = 0;
      return !hasRoom(entitlement, command.units) && !entitlement.calendar()
          ? unlessAnswered(command, RefusalReason.REFUSAL_REASON_EXHAUSTED)
          : RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    }
    if (hasRoom(entitlement, command.units)
        || due(entitlement)
        || (view.sweepBehind() && counts.out() > 0))
      return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    retryAfterUs = retryAfterUs(entitlement, command.units);
    long pool = row.getLong(PoolLayout.NUMBER);
    if (named || entitlement.model() == Entitlement.Model.CONCURRENT_SESSION) {
      SessionLayout.key(key, command.tenant, pool, command.holder, command.session);
      if (read(TableId.SESSIONS)) return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    }
    if (entitlement.holderMax() > 0 && !holderHasRoom(entitlement, command, pool))
      return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
    return unlessAnswered(command, RefusalReason.REFUSAL_REASON_EXHAUSTED);
  }

  /** Nothing is taken in the tenant; the counts are for the answer alone. */
  private RefusalReason suspended(
      TenantView tenant, Entitlement entitlement, AllocateCommand command) {
    boolean unused = pool(tenant, entitlement, command.partition);
    retryAfterUs = 0;
    return unlessAnswered(command, RefusalReason.REFUSAL_REASON_SUSPENDED);
  }

  /** Units are free, or overage may go so far. */
  private boolean hasRoom(Entitlement entitlement, long units) {
    if (counts.free >= units || entitlement.observes()) return true;
    Overage overage = entitlement.overage();
    return overage != null && overage.allows(counts, units, overageSinceUs, view.civilUs());
  }

  /** Otherwise the holder's own maximum refuses first. */
  private boolean holderHasRoom(Entitlement entitlement, AllocateCommand command, long pool) {
    HolderLayout.key(key, command.tenant, pool, command.holder);
    long taken = read(TableId.HOLDERS) ? row.getLong(HolderLayout.UNITS) : 0;
    return taken + command.units <= entitlement.holderMax();
  }

  /** As {@link Allocations} says it; of a rolling window by the pool's own timer. */
  private long retryAfterUs(Entitlement entitlement, long units) {
    if (units > entitlement.most(counts.limit)) return 0;
    if (entitlement.calendar()) return Math.max(1, windowEndUs - view.civilUs());
    long elapsed = row.getLong(PoolLayout.TIMER_ELAPSED);
    if (entitlement.rolling() && elapsed != 0) return Math.max(1, elapsed - view.elapsedUs());
    if (entitlement.model() == Entitlement.Model.NAMED_USER)
      return Seats.retryAfterUs(entitlement, counts);
    return Allocations.SESSION_RETRY_US;
  }

  /** Asked last: nearly every id is a fresh one, and nearly every pool has units. */
  private RefusalReason unlessAnswered(AllocateCommand command, RefusalReason reason) {
    return answered(command) ? RefusalReason.REFUSAL_REASON_UNSPECIFIED : reason;
  }

  /** Whether something is due to come back to the pool that was read: then the log must decide. */
  private boolean due(Entitlement entitlement) {
    long elapsed = row.getLong(PoolLayout.TIMER_ELAPSED);
    if (entitlement.rolling() && elapsed != 0 && elapsed <= view.elapsedUs()) return true;
    long civil = row.getLong(PoolLayout.TIMER_CIVIL);
    boolean closed = entitlement.calendar() && windowEndUs <= view.civilUs();
    return closed || (civil != 0 && civil <= view.civilUs());
  }

  /** Whether the id was answered before. */
  private boolean answered(AllocateCommand command) {
    RequestKey request = command.key;
    Table minute = tables.requests(RequestKey.minute(request.issuedAtUs));
    if (minute == null) return false;
    RequestLayout.key(
        key, command.tenant, request.issuedAtUs, request.caller, request.requestId, 0);
    return minute.get(key, row);
  }

  private boolean read(TableId table) {
    if (!tables.table(table).get(key, row)) return false;
    Rows.verify(table, key, row);
    return true;
  }
}
