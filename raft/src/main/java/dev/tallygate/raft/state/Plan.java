package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one command is about to change: decided without side effects, checked against conservation,
 * then written as a whole. Reused; filled by the class that knows the command, and by nobody else
 * afterwards.
 *
 * <p>The obvious alternative, writing while deciding, leaves half a command behind when a rule
 * turns out broken half-way. The cost is one copy of a pool's counts for each command.
 */
final class Plan {
  enum Write {
    NONE,
    INSERT,
    UPDATE,
    REMOVE
  }

  private final State state;

  @Nullable Tenant tenant;
  @Nullable Pool pool;
  boolean newPool;

  /** The pool's counts after the command. */
  final Counts counts = new Counts();

  long slice;
  long sliceUnits;
  boolean newWindow;
  long windowStartUs;
  long windowEndUs;

  boolean newOverride;
  long override;
  long overrideUntilUs;

  Write lease = Write.NONE;
  final Bytes leaseKey = new Bytes(16);
  final Bytes leaseRow = new Bytes(256);
  long leaseBefore;

  /** Labels that the lease stands under no more, as they stood in its row. Nearly always empty. */
  final Bytes labelsBefore = new Bytes(0);

  /** Whether the lease is put under the labels of its row. */
  boolean labelled;

  Write session = Write.NONE;
  final Bytes sessionKey = new Bytes(128);
  final Bytes sessionRow = new Bytes(16);
  long sessionBefore;

  Write holder = Write.NONE;
  final Bytes holderKey = new Bytes(128);
  final Bytes holderRow = new Bytes(16);
  long holderBefore;

  Write group = Write.NONE;
  final Bytes groupKey = new Bytes(32);
  final Bytes groupRow = new Bytes(16);
  long groupBefore;

  /** The answer that is kept for this command's id. */
  boolean request;

  long requestMinute;
  final Bytes requestKey = new Bytes(128);
  final Bytes requestRow = new Bytes(64);

  /** The answer of an earlier command, which has to say from now on that its lease is over. */
  boolean ended;

  long endedMinute;
  final Bytes endedKey = new Bytes(128);
  final Bytes endedRow = new Bytes(64);
  long endedBefore;

  boolean subject;
  final Bytes subjectKey = new Bytes(64);
  final Bytes subjectRow = new Bytes(16);
  final Bytes nameKey = new Bytes(16);
  final Bytes nameRow = new Bytes(64);

  /** True where the licensing state changes, so that the tenant's position moves. */
  boolean moves;

  private @Nullable Timers timer;
  private long timerTime;

  /** Recorded where its kind is set. */
  final LedgerRecord record = new LedgerRecord();

  private final LedgerRecord created = new LedgerRecord();

  /** What is written before this one, for the same command; null for the first. */
  final @Nullable Plan before;

  private final int plansBefore;

  Plan(State state) {
    this(state, null);
  }

  /**
   * A plan for one more part of a command.
   *
   * @param before that of the part before
   */
  Plan(State state, @Nullable Plan before) {
    this.state = state;
    this.before = before;
    plansBefore = before == null ? 0 : before.plansBefore + 1;
  }

  /** Empties the plan. */
  Plan clear() {
    tenant = null;
    pool = null;
    newPool = false;
    slice = 0;
    sliceUnits = 0;
    newWindow = false;
    newOverride = false;
    lease = Write.NONE;
    labelsBefore.clear();
    labelled = false;
    session = Write.NONE;
    holder = Write.NONE;
    group = Write.NONE;
    request = false;
    ended = false;
    subject = false;
    moves = false;
    timer = null;
    record.clear(LedgerKind.LEDGER_KIND_UNSPECIFIED);
    return this;
  }

  Plan begin(Tenant of) {
    clear();
    tenant = of;
    return this;
  }

  Plan on(Pool of, boolean isNew) {
    pool = of;
    newPool = isNew;
    counts.set(of.counts());
    for (Plan other = before; other != null; other = other.before) {
      if (other.pool != of) continue;
      counts.set(other.counts);
      break;
    }
    return this;
  }

  /** Whether a part before this one takes from the pool. */
  boolean isTakenBefore(Pool of) {
    for (Plan other = before; other != null; other = other.before)
      if (other.pool == of) return true;
    return false;
  }

  /** The pool of a name that a part before this one makes; null where none does. */
  @Nullable Pool madeBefore(Entitlement entitlement, Span partition) {
    for (Plan other = before; other != null; other = other.before) {
      Pool made = other.pool;
      if (other.newPool
          && made != null
          && made.entitlement() == entitlement
          && Arrays.equals(partition.copy(), made.partition())) return made;
    }
    return null;
  }

  /** Whether a part before this one makes the pool. */
  boolean isMadeBefore(Pool of) {
    for (Plan other = before; other != null; other = other.before)
      if (other.newPool && other.pool == of) return true;
    return false;
  }

  /**
   * Pools that parts before this one make.
   *
   * @param entitlement only those of this one; null for all
   */
  long poolsMadeBefore(@Nullable Entitlement entitlement) {
    long made = 0;
    for (Plan other = before; other != null; other = other.before) {
      Pool of = other.pool;
      if (!other.newPool || of == null) continue;
      if (entitlement == null || of.entitlement() == entitlement) made++;
    }
    return made;
  }

  /** Leases and holds that parts before this one open. */
  long leasesBefore() {
    long opened = 0;
    for (Plan other = before; other != null; other = other.before)
      if (other.lease == Write.INSERT) opened++;
    return opened;
  }

  /** Whether a part before this one makes the holder known. */
  boolean isSubjectBefore() {
    for (Plan other = before; other != null; other = other.before) if (other.subject) return true;
    return false;
  }

  /** Plans the session row of the lease that this plan opens. */
  void openSession() {
    session = Write.INSERT;
    sessionRow.length(SessionLayout.BYTES).setLong(SessionLayout.LEASE, position());
  }

  /** Nothing of the planned lease can be released by a label any more: it stands under none. */
  void dropLabels() {
    if (leaseRow.getByte(LeaseLayout.LABELS) == 0) return;
    keepLabels();
    LeaseLayout.dropLabels(leaseRow);
  }

  /** A new token stands under the labels of its request. That request has to follow in the row. */
  void relabel(AllocateCommand command) {
    if (leaseRow.getByte(LeaseLayout.LABELS) > 0) keepLabels();
    LeaseLayout.labels(leaseRow, command);
    labelled = command.labelCount > 0;
  }

  private void keepLabels() {
    int at = LeaseLayout.labelsAt(leaseRow);
    labelsBefore.set(leaseRow.array(), at, LeaseLayout.callerAt(leaseRow) - at);
  }

  /** Puts the lease that the planned session has under the plan. */
  void loadLease() {
    LeaseLayout.key(leaseKey, tenant().number, sessionRow.getLong(SessionLayout.LEASE));
    if (!state.leaseRows.get(leaseKey, leaseRow))
      throw new PlanFault("a session without its lease");
    leaseBefore = leaseRow.getLong(Rows.CHECKSUM);
  }

  /** The position that this plan gets if it is written: each part of a command has its own. */
  long position() {
    return tenant().position + 1 + plansBefore;
  }

  Tenant tenant() {
    if (tenant == null) throw new PlanFault("plan without a tenant");
    return tenant;
  }

  Pool pool() {
    if (pool == null) throw new PlanFault("plan without a pool");
    return pool;
  }

  /** Opens the record of this plan; its pool's counts are taken when it is written. */
  LedgerRecord record(LedgerKind kind) {
    moves = true;
    return record.clear(kind);
  }

  /** Says whether the plan may be written. Nothing has changed yet. */
  void check() {
    if (pool == null) return;
    counts.check();
    if (sliceUnits != 0 && pool.sliceCount() == 0)
      throw new PlanFault("slices on a pool without any");
  }

  /**
   * Writes everything. From here on a failure is a broken table or a broken invariant, and ends the
   * process.
   */
  void write() {
    if (tenant == null) return;
    Tenant of = tenant;
    int ordinal = 0;
    if (moves) {
      of.position++;
      state.touch(of);
    }
    if (newPool) create(of, pool(), ordinal++);
    if (pool != null) writePool(pool);
    if (record.kind != LedgerKind.LEDGER_KIND_UNSPECIFIED) state.record(of, record, ordinal++);
    if (pool != null) Thresholds.look(state, of, pool, created, ordinal);
    writeLease(of);
    list(of);
    writeLabels(of);
    writeSession();
    writeHolder();
    writeGroup();
    if (timer != null) timer.add(timerTime, leaseKey.getInt(0), leaseKey.getLong(Integer.BYTES));
    if (request) state.requests.insert(requestMinute, requestKey, requestRow);
    if (ended) state.requests.update(endedMinute, endedKey, endedRow, endedBefore);
    if (subject) writeSubject(of);
    // A deleted tenant's go one after the other, with what else it had.
    if (pool != null && pool.retired() != null && !of.ending())
      Pools.dropDrained(state, of, pool, created);
  }

  private void create(Tenant of, Pool made, int ordinal) {
    of.poolsMade = made.number();
    of.put(made);
    state.pools++;
    created.clear(LedgerKind.LEDGER_KIND_POOL_CREATED).pool(made.number(), made.counts());
    created.entitlement.set(made.entitlement().name());
    created.partition.set(made.partition());
    created.model = made.entitlement().model().number();
    created.catalogVersion = of.catalogVersion;
    state.record(of, created, ordinal);
  }

  private void writePool(Pool on) {
    boolean firstUse = on.counts().used == 0 && counts.used > 0;
    if (newWindow) {
      on.windowStartUs = windowStartUs;
      on.windowEndUs = windowEndUs;
    }
    if (newOverride) {
      on.override = override;
      on.overrideUntilUs = overrideUntilUs;
    }
    if (sliceUnits != 0) on.addToSlice(slice, sliceUnits);
    on.count(counts, state.clocks.civilUs());
    if (moves) state.touch(on);
    record.pool(on.number(), counts);
    PoolTimers.arm(state, on, firstUse);
  }

  private void writeLease(Tenant of) {
    switch (lease) {
      case NONE -> {}
      case INSERT -> {
        state.leaseRows.insert(leaseKey, leaseRow);
        state.leases++;
        of.leases++;
      }
      case UPDATE -> state.leaseRows.update(leaseKey, leaseRow, leaseBefore);
      case REMOVE -> {
        state.leaseRows.remove(leaseKey, leaseBefore);
        state.leases--;
        of.leases--;
        // A settled hold goes without a record, and is counted for readers all the same.
        state.touch(of);
      }
    }
  }

  /** A hold whose pool is gone is a stray of its tenant until it is settled. */
  private void list(Tenant of) {
    if (lease == Write.NONE) return;
    long id = leaseKey.getLong(Integer.BYTES);
    if (pool == null) {
      if (lease == Write.UPDATE && leaseRow.getByte(LeaseLayout.STATE) != LeaseLayout.STATE_SETTLED)
        return;
      if (!of.strays().isEmpty()) of.strays().remove(id);
      return;
    }
    switch (lease) {
      case NONE -> {}
      case INSERT -> pool.leases().add(id);
      case UPDATE -> {
        if (leaseRow.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_SETTLED)
          pool.leases().remove(id);
      }
      case REMOVE -> pool.leases().remove(id);
    }
  }

  private void writeLabels(Tenant of) {
    if (labelsBefore.length() > 0)
      state.labels.remove(of.number, leaseKey.getLong(Integer.BYTES), labelsBefore);
    if (labelled) state.labels.add(of.number, leaseKey.getLong(Integer.BYTES), leaseRow);
  }

  private void writeSession() {
    switch (session) {
      case NONE -> {}
      case INSERT -> state.sessionRows.insert(sessionKey, sessionRow);
      case UPDATE -> state.sessionRows.update(sessionKey, sessionRow, sessionBefore);
      case REMOVE -> state.sessionRows.remove(sessionKey, sessionBefore);
    }
  }

  private void writeHolder() {
    switch (holder) {
      case NONE -> {}
      case INSERT -> state.holderRows.insert(holderKey, holderRow);
      case UPDATE -> state.holderRows.update(holderKey, holderRow, holderBefore);
      case REMOVE -> state.holderRows.remove(holderKey, holderBefore);
    }
  }

  private void writeGroup() {
    switch (group) {
      case NONE -> {}
      case INSERT -> state.groupRows.insert(groupKey, groupRow);
      case UPDATE -> state.groupRows.update(groupKey, groupRow, groupBefore);
      case REMOVE -> state.groupRows.remove(groupKey, groupBefore);
    }
  }

  private void writeSubject(Tenant of) {
    nameRow.setLong(SubjectLayout.PREVIOUS, of.newestSubject);
    of.newestSubject = subjectRow.getLong(SubjectLayout.REFERENCE);
    state.subjectRows.insert(subjectKey, subjectRow);
    state.nameRows.insert(nameKey, nameRow);
    state.subjects++;
  }

  /**
   * Sets the time at which the sweep looks at the planned lease row again. A row whose own entry
   * comes up early enough keeps it.
   *
   * @param timers the lease timers, or those of settled holds
   */
  void timer(Timers timers, long time) {
    if (lease == Write.UPDATE
        && timers == state.leaseTimers
        && leaseRow.getLong(LeaseLayout.TIMER) <= time) return;
    timerAnew(timers, time);
  }

  /** The same, where the row's entry has just come up or belongs to another clock. */
  void timerAnew(Timers timers, long time) {
    leaseRow.setLong(LeaseLayout.TIMER, time);
    timer = timers;
    timerTime = time;
  }
}
