package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import org.jspecify.annotations.Nullable;

/**
 * Allocate: takes units of one pool, or says which rule refuses. Rules are judged in the order
 * written.
 */
final class Allocations {
  /** When a full pool of sessions may be worth another try: nobody knows who will leave first. */
  static final long SESSION_RETRY_US = 1_000_000;

  private final State state;
  private final Answers answers;
  private final LabelCommands labels;
  private final Seats seats;
  private final Holders holders;
  private final Fallbacks fallbacks;
  private final Together together;
  private final Reservations reservations;

  Allocations(State state, Answers answers, LabelCommands labels) {
    this.state = state;
    this.answers = answers;
    this.labels = labels;
    seats = new Seats(state, answers, this);
    holders = new Holders(state, answers);
    fallbacks = new Fallbacks(state, this);
    together = new Together(state, answers, fallbacks);
    reservations = new Reservations(state);
  }

  void plan(Plan plan, AllocateCommand command, Outcome out) {
    Tenant tenant = answers.tenant(command.tenant, out);
    if (tenant == null) return;
    plan.begin(tenant);
    if (answers.early(plan, command.key, command.catalogVersion, out)) return;
    if (tenant.status == TenantStatus.SUSPENDED) {
      answers.refuse(
          plan, command.key, command.entitlement, RefusalReason.REFUSAL_REASON_SUSPENDED, out);
      return;
    }
    if (command.targetCount() == 0) take(plan, command, out);
    else if (command.parts() == 1) fallbacks.plan(plan, command, 0, command.targetCount(), out);
    else together.plan(plan, command, out);
  }

  /** The plans of the parts behind the first, of a command that has some and is granted. */
  Together together() {
    return together;
  }

  /** Plans what the command says of one entitlement, for its tenant. */
  void take(Plan plan, AllocateCommand command, Outcome out) {
    Tenant tenant = plan.tenant();
    RefusalReason early = refusalBeforePool(tenant, command);
    if (early != null) {
      answers.refuse(plan, command.key, command.entitlement, early, out);
      return;
    }
    out.observed = command.observed;
    Entitlement entitlement =
        java.util.Objects.requireNonNull(tenant.entitlement(command.entitlement));
    if (command.labelCount > 0 && !labels.admits(plan, command, entitlement, out)) return;
    Pool pool = answers.pool(plan, entitlement, command.partition, command.key, out);
    if (pool == null) return;
    // Both parts would be one session or seat.
    if (plan.isTakenBefore(pool) && !entitlement.counts()) {
      exhausted(plan, command, pool, out);
      return;
    }
    switch (entitlement.model()) {
      case METERED, SITE -> meter(plan, command, pool, out);
      case CONCURRENT_SESSION -> session(plan, command, pool, out);
      case NAMED_USER -> seats.plan(plan, command, pool, out);
    }
  }

  private static @Nullable RefusalReason refusalBeforePool(Tenant tenant, AllocateCommand command) {
    RefusalReason found = RefusalReason.forNumber(command.refusal);
    if (command.refusal != 0) return found == null ? RefusalReason.REFUSAL_REASON_NOT_FOUND : found;
    Entitlement entitlement = tenant.entitlement(command.entitlement);
    if (entitlement == null) return RefusalReason.REFUSAL_REASON_NOT_FOUND;
    boolean keyed = entitlement.model() == Entitlement.Model.CONCURRENT_SESSION;
    boolean held = entitlement.model() == Entitlement.Model.METERED;
    boolean assigned = entitlement.model() == Entitlement.Model.NAMED_USER;
    if ((!command.session.isEmpty() && !keyed)
        || (command.hold && !held)
        || (command.assign && !assigned)) return RefusalReason.REFUSAL_REASON_WRONG_MODEL;
    if (entitlement.partitioned() == command.partition.isEmpty())
      return RefusalReason.REFUSAL_REASON_PARTITION_UNKNOWN;
    if (command.group < 0 || command.group > entitlement.reservations())
      throw new PlanFault("group " + command.group + " was let through");
    if (command.units < 1 || command.units > Counts.UNITS_MAX)
      throw new PlanFault("units " + command.units + " were let through");
    return null;
  }

  private void meter(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    if (pool.entitlement().calendar() && !window(plan, command, pool, out)) return;
    if (!takes(plan, command, pool, out)) {
      exhausted(plan, command, pool, out);
      return;
    }
    if (!subject(plan, command, out)) return;
    if (command.hold && state.leases + plan.leasesBefore() >= state.settings.leasesMax()) {
      Answers.full(TableId.LEASES, out);
      return;
    }
    out.leaseId = plan.position();
    out.token = plan.position();
    out.units = command.units;
    out.pool = pool;
    if (command.hold) {
      plan.counts.onHold += command.units;
      hold(plan, command, pool, out);
    } else {
      plan.counts.used += command.units;
      if (pool.sliceCount() > 0) addToSlice(plan, pool, command.units);
      Answers.granted(GrantKind.GRANT_KIND_RECEIPT, 0, out);
      answers.keep(
          plan, command.key, RequestLayout.KIND_RECEIPT, command.entitlement, pool.number(), out);
    }
    record(plan, command, LedgerKind.LEDGER_KIND_GRANTED, out);
  }

  /** Counts the planned lease for its group, where the entitlement keeps units for one. */
  void reserve(Plan plan, AllocateCommand command, Pool pool) {
    if (pool.entitlement().reservations() > 0) reservations.count(plan, command, pool);
  }

  static void addToSlice(Plan plan, Pool pool, long units) {
    plan.slice = pool.newestSlice;
    plan.sliceUnits = units;
  }

  /**
   * Opens the calendar window that the proposer found where the pool has none that runs. False
   * where the proposer's is not now.
   */
  private boolean window(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    long civil = state.clocks.civilUs();
    plan.windowStartUs = pool.windowStartUs;
    if (pool.windowStartUs <= civil && civil < pool.windowEndUs) return true;
    if (civil < command.windowStartUs || civil >= command.windowEndUs) {
      Answers.retry(out);
      return false;
    }
    plan.newWindow = true;
    // Two proposers with different time zone tables must not make two windows overlap: no unit
    // would count in both.
    plan.windowStartUs = Math.max(command.windowStartUs, pool.windowEndUs);
    plan.windowEndUs = command.windowEndUs;
    return true;
  }

  private void hold(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    long ttl = pool.entitlement().holdTtlUs(command.ttlUs);
    long ends = state.clocks.elapsedUs() + ttl;
    openLease(plan, command, pool, LeaseLayout.STATE_HOLD, ends, ends, ends);
    plan.leaseRow.setLong(
        LeaseLayout.WINDOW, pool.entitlement().calendar() ? plan.windowStartUs : 0);
    Answers.granted(GrantKind.GRANT_KIND_HOLD, ttl, out);
    answers.keep(
        plan, command.key, RequestLayout.KIND_HOLD, command.entitlement, pool.number(), out);
  }

  private void session(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    SessionLayout.key(
        plan.sessionKey, command.tenant, pool.number(), command.holder, command.session);
    if (!plan.newPool && state.sessionRows.get(plan.sessionKey, plan.sessionRow)) {
      resume(plan, command, pool, out);
      return;
    }
    boolean counted = pool.entitlement().holderMax() > 0;
    if (counted && !holders.room(plan, command, pool, out)) return;
    if (!opens(plan, command, pool, out)) return;
    plan.counts.held += command.units;
    out.leaseId = plan.position();
    long ttl = pool.entitlement().ttlUs(command.ttlUs);
    long ttlEnds = state.clocks.elapsedUs() + ttl;
    long ends = ttlEnds + pool.entitlement().graceUs();
    openLease(plan, command, pool, LeaseLayout.STATE_LIVE, ends, ttlEnds, ends);
    if (counted) Holders.mark(plan);
    reserve(plan, command, pool);
    plan.openSession();
    grant(plan, command, pool, ttl, out);
    record(plan, command, LedgerKind.LEDGER_KIND_GRANTED, out);
  }

  /** Takes units for a new lease; false where there is no room for it, which the outcome says. */
  boolean opens(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    if (!takes(plan, command, pool, out)) {
      exhausted(plan, command, pool, out);
      return false;
    }
    if (state.leases + plan.leasesBefore() >= state.settings.leasesMax()) {
      Answers.full(TableId.LEASES, out);
      return false;
    }
    return subject(plan, command, out);
  }

  /**
   * Takes units that are free, then such beyond the limit as far as overage goes; false where
   * neither has enough.
   */
  private boolean takes(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    // What is kept for others is not free for this one, and nothing goes beyond the limit before
    // it.
    boolean keeps = pool.entitlement().reservations() > 0;
    long kept = keeps ? reservations.keptForOthers(plan, command, pool) : 0;
    if (plan.counts.free - kept >= command.units) {
      plan.counts.take(command.units);
      return true;
    }
    out.reserved = Math.min(kept, plan.counts.free);
    Overage overage = pool.entitlement().overage();
    long civil = state.clocks.civilUs();
    boolean allows =
        out.reserved == 0
            && overage != null
            && overage.allows(plan.counts, command.units, pool.overageSinceUs, civil);
    // A lease may be due that the sweep has not come to: nothing is refused yet.
    boolean waits = state.leasesOverdue && plan.counts.out() + plan.counts.carried > 0;
    if (!allows && (waits || !observes(plan, command, RefusalReason.REFUSAL_REASON_EXHAUSTED, out)))
      return false;
    out.reserved = 0;
    if (plan.counts.free >= command.units) plan.counts.take(command.units);
    else plan.counts.takeBeyond(command.units);
    return true;
  }

  /** Whether what a rule refuses is granted all the same, with a note of the first such rule. */
  static boolean observes(Plan plan, AllocateCommand command, RefusalReason why, Outcome out) {
    if (!plan.pool().entitlement().observes() || !command.observes) return false;
    if (plan.counts.overage + plan.counts.deficit + command.units > Counts.LIMIT_MAX) return false;
    if (out.observed == 0) out.observed = why.getNumber();
    return true;
  }

  /** A live or lingering session of the same key is taken over: a new token, the same units. */
  private void resume(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    plan.loadLease();
    Bytes row = plan.leaseRow;
    long units = row.getLong(LeaseLayout.UNITS);
    if (units != command.units) {
      answers.refuse(
          plan, command.key, command.entitlement, RefusalReason.REFUSAL_REASON_UNITS_DIFFER, out);
      return;
    }
    if (row.getByte(LeaseLayout.STATE) == LeaseLayout.STATE_COOLING) {
      plan.counts.cooling -= units;
      plan.counts.held += units;
    }
    long ttl = pool.entitlement().ttlUs(command.ttlUs);
    long ttlEnds = state.clocks.elapsedUs() + ttl;
    long ends = ttlEnds + pool.entitlement().graceUs();
    plan.lease = Plan.Write.UPDATE;
    row.setByte(LeaseLayout.STATE, LeaseLayout.STATE_LIVE);
    row.setByte(LeaseLayout.END_REASON, 0);
    row.setLong(LeaseLayout.TOKEN, plan.position());
    row.setLong(LeaseLayout.TTL_ENDS, ttlEnds);
    row.setLong(LeaseLayout.ENDS, ends);
    plan.relabel(command);
    LeaseLayout.request(row, command.key);
    plan.timer(state.leaseTimers, ends);
    out.leaseId = plan.leaseKey.getLong(Integer.BYTES);
    out.resumed = true;
    grant(plan, command, pool, ttl, out);
    record(plan, command, LedgerKind.LEDGER_KIND_RESUMED, out).subjectRef =
        row.getLong(LeaseLayout.SUBJECT);
  }

  private void grant(Plan plan, AllocateCommand command, Pool pool, long ttl, Outcome out) {
    out.token = plan.position();
    out.units = command.units;
    out.pool = pool;
    Answers.granted(GrantKind.GRANT_KIND_LEASE, ttl, out);
    answers.keep(
        plan, command.key, RequestLayout.KIND_LEASE, command.entitlement, pool.number(), out);
  }

  /**
   * Plans the row of a new lease.
   *
   * @param timer when the sweep looks at it
   */
  void openLease(
      Plan plan,
      AllocateCommand command,
      Pool pool,
      int leaseState,
      long ends,
      long ttlEnds,
      long timer) {
    plan.lease = Plan.Write.INSERT;
    LeaseLayout.key(plan.leaseKey, command.tenant, plan.position());
    Bytes row = plan.leaseRow.length(LeaseLayout.TAIL);
    row.setLong(LeaseLayout.POOL, pool.number());
    row.setLong(LeaseLayout.TOKEN, plan.position());
    row.setLong(LeaseLayout.ENDS, ends);
    row.setLong(LeaseLayout.TTL_ENDS, ttlEnds);
    row.setLong(LeaseLayout.UNITS, command.units);
    row.setLong(LeaseLayout.CHARGED, 0);
    row.setLong(LeaseLayout.OPENED, state.clocks.civilUs());
    row.setLong(LeaseLayout.SUBJECT, command.subjectRef);
    row.setLong(LeaseLayout.WINDOW, 0);
    row.setByte(LeaseLayout.STATE, leaseState);
    row.setByte(LeaseLayout.END_REASON, 0);
    row.setShort(LeaseLayout.HOLDER_LENGTH, command.holder.length());
    row.setShort(LeaseLayout.SESSION_LENGTH, command.session.length());
    row.setByte(
        LeaseLayout.FLAGS,
        pool.entitlement().holdExpiryCancels() ? LeaseLayout.FLAG_EXPIRY_CANCELS : 0);
    command.holder.addTo(row);
    command.session.addTo(row);
    LeaseLayout.labels(row, command);
    plan.labelled = command.labelCount > 0;
    LeaseLayout.request(row, command.key);
    plan.timer(state.leaseTimers, timer);
  }

  /**
   * Plans the holder's name where it is new. False where the proposer's reference cannot be used.
   */
  private boolean subject(Plan plan, AllocateCommand command, Outcome out) {
    if (!command.newSubject || plan.isSubjectBefore()) return true;
    SubjectLayout.subjectKey(plan.subjectKey, command.tenant, command.holder);
    if (state.subjectRows.get(plan.subjectKey, plan.subjectRow)) {
      // Another command of the same holder was on its way: the first reference stands.
      command.subjectRef = plan.subjectRow.getLong(SubjectLayout.REFERENCE);
      return true;
    }
    SubjectLayout.nameKey(plan.nameKey, command.tenant, command.subjectRef);
    if (command.subjectRef == 0 || state.nameRows.get(plan.nameKey, plan.nameRow)) {
      Answers.retry(out);
      return false;
    }
    if (state.subjects >= state.settings.subjectsMax()) {
      Answers.full(TableId.SUBJECTS, out);
      return false;
    }
    plan.subjectRow.length(SubjectLayout.REFERENCE).addLong(command.subjectRef);
    command.holder.addTo(plan.nameRow.length(SubjectLayout.NAME));
    plan.subject = true;
    return true;
  }

  private void exhausted(Plan plan, AllocateCommand command, Pool pool, Outcome out) {
    if (state.leasesOverdue && plan.counts.out() + plan.counts.carried > 0) {
      Answers.retry(out);
      return;
    }
    out.retryAfterUs = retryAfterUs(pool, plan, command.units);
    answers.refuse(
        plan, command.key, command.entitlement, RefusalReason.REFUSAL_REASON_EXHAUSTED, out);
  }

  /**
   * When units come back at the earliest, as far as the pool knows; 0 where only another limit can
   * help.
   */
  private long retryAfterUs(Pool pool, Plan plan, long units) {
    if (units > pool.entitlement().most(plan.counts.limit)) return 0;
    // Predecessors are in the way, and they have sessions and windows of their own.
    if (plan.counts.carried > 0 && units <= plan.counts.limit - plan.counts.taken())
      return SESSION_RETRY_US;
    if (pool.entitlement().calendar()) {
      long ends = plan.newWindow ? plan.windowEndUs : pool.windowEndUs;
      return Math.max(1, ends - state.clocks.civilUs());
    }
    if (pool.sliceCount() > 0 && pool.counts().used > 0) {
      return Math.max(
          1, Meters.sliceEnds(pool, Meters.oldestUsed(pool)) - state.clocks.elapsedUs());
    }
    if (pool.entitlement().model() == Entitlement.Model.NAMED_USER)
      return Seats.retryAfterUs(pool.entitlement(), plan.counts);
    return SESSION_RETRY_US;
  }

  LedgerRecord record(Plan plan, AllocateCommand command, LedgerKind kind, Outcome out) {
    LedgerRecord record = plan.record(kind);
    record.subjectRef = command.subjectRef;
    record.leaseId = out.leaseId;
    record.units = command.units;
    record.requestId.set(command.key.requestId);
    record.caller.set(command.key.caller);
    record.issuedAtUs = command.key.issuedAtUs;
    record.catalogVersion = command.catalogVersion;
    record.grantKind = out.grantKind;
    record.reason = out.observed;
    command.writeLabels(record.labels, LedgerRecord.LABELS);
    return record;
  }
}
