package dev.tallygate.raft.state;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.Revoke;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;

/**
 * The replicated state machine. An entry goes in; tables, ledger and outcomes come out, the same on
 * every replica. One thread, the apply thread, calls everything here but {@link #view}.
 *
 * <p>An entry is applied in this order: clocks, sweep, commands, seal of the ledger, rows of pools,
 * tenants and META. Whatever is thrown, but for a {@link PlanFault}, leaves the tables
 * half-written: the process must end, and rebuild them.
 */
public final class Core {
  /** Indexes whose digest is remembered. */
  public static final int DIGESTS_KEPT = 1 << 16;

  private static final Bytes META_KEY = MetaLayout.key();
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  private final Tables tables;
  private final LedgerSink sink;
  private final View view;
  private Alarm alarm = message -> {};

  private State state;
  private Plan plan;
  private Allocations allocations;
  private Leases leases;
  private LimitChanges limits;
  private LabelCommands labels;
  private CatalogChanges catalog;
  private Administration administration;
  private Sweeper sweeper;

  private final WireReader in = new WireReader();
  private final EntryHeader header = new EntryHeader();
  private final AllocateCommand allocate = new AllocateCommand();
  private final LeaseCommand lease = new LeaseCommand();
  private final Span revoker = new Span();
  private final Span why = new Span();
  private final Outcome outcome = new Outcome();
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(1024);
  private final long[] digests = new long[DIGESTS_KEPT];
  private final long[] digestIndexes = new long[DIGESTS_KEPT];
  private long metaChecksum;
  private long appliedTerm;
  private long appliedIndex = -1;

  public Core(Tables tables, LedgerSink sink) {
    this.tables = tables;
    this.sink = sink;
    view = new View(tables);
    state = new State(tables, sink);
    begin(state);
  }

  /** Puts everything that works on a state over this one. */
  private void begin(State fresh) {
    Answers answers = new Answers(fresh);
    plan = new Plan(fresh);
    leases = new Leases(fresh);
    labels = new LabelCommands(fresh, answers, leases);
    allocations = new Allocations(fresh, answers, labels);
    limits = new LimitChanges(answers);
    catalog = new CatalogChanges(fresh);
    administration = new Administration(fresh);
    sweeper = new Sweeper(fresh, leases);
    metaChecksum = 0;
    appliedTerm = 0;
    appliedIndex = -1;
    Arrays.fill(digestIndexes, -1);
  }

  public void onAlarm(Alarm newAlarm) {
    alarm = newAlarm;
    state.onAlarm(newAlarm);
  }

  /**
   * Forgets what the core keeps on the heap and rebuilds it from the tables: before the first
   * entry, and whenever the tables were replaced by a snapshot. The {@link #view} stays the same
   * object.
   *
   * @param term of the entry that the tables were left at
   * @param index of that entry
   * @return false where the tables hold no state, and the next entry begins one
   */
  public boolean restore(long term, long index) {
    state = new State(tables, sink);
    state.onAlarm(alarm);
    begin(state);
    view.forget();
    if (!new Restore(state).run()) return false;
    metaChecksum = Restore.metaChecksum(state);
    appliedTerm = term;
    appliedIndex = index;
    remember(index);
    view.publish(state, index);
    return true;
  }

  /** Applies one entry and hands an outcome for each of its commands to {@code sink}. */
  public void apply(long term, long index, byte[] entry, int offset, int length, OutcomeSink sink) {
    in.over(entry, offset, length);
    boolean more = readHeader();
    if (header.featureLevel() > state.featureLevel) {
      throw new CorruptStateException(
          "entry " + index + " is of feature level " + header.featureLevel());
    }
    view.begin();
    state.clocks.advance(term, header, state.settings.tickUs(), state.settings.civilLeadUs());
    sweeper.sweep(plan);
    for (int i = 0; more; i++) {
      command();
      state.outcomes += Checksum.mix(outcome.checksum(), i);
      sink.outcome(i, outcome);
      more = nextCommand();
    }
    finish();
    appliedTerm = term;
    appliedIndex = index;
    remember(index);
    view.publish(state, index);
    state.touchedTenants().clear();
  }

  /** Notes an entry that carries no commands of ours. */
  public void skip(long term, long index) {
    appliedTerm = term;
    appliedIndex = index;
    remember(index);
    view.publish(state, index);
  }

  public long appliedTerm() {
    return appliedTerm;
  }

  /** -1 where nothing was applied. */
  public long appliedIndex() {
    return appliedIndex;
  }

  /**
   * The sum of all row checksums after the last entry: equal on every replica at an equal index.
   */
  public long digest() {
    return state.digest.value();
  }

  /**
   * The digest at an index, for the last {@link #DIGESTS_KEPT} of them; 0 where it is not known.
   * Any thread, for indexes already applied.
   */
  public long digestAt(long index) {
    int slot = (int) (index & DIGESTS_KEPT - 1);
    if ((long) LONGS.getVolatile(digestIndexes, slot) != index) return 0;
    long digest = (long) LONGS.getVolatile(digests, slot);
    // The slot may be taken for a later index meanwhile.
    return (long) LONGS.getVolatile(digestIndexes, slot) == index ? digest : 0;
  }

  /** Length of the ledger in bytes. */
  public long ledgerBytes() {
    return state.ledger.length();
  }

  /** What any thread may read. */
  public View view() {
    return view;
  }

  /** True where a command follows. */
  private boolean readHeader() {
    header.clear();
    while (!in.atEnd()) {
      int field = in.field();
      if (field == EntryHeader.COMMANDS) return true;
      header.read(in, field);
    }
    return false;
  }

  private boolean nextCommand() {
    if (in.atEnd()) return false;
    if (in.field() != EntryHeader.COMMANDS)
      throw new CorruptStateException("an entry's header stands behind its commands");
    return true;
  }

  /** Plans one command and writes it, or answers why not. */
  private void command() {
    int end = in.enter();
    int start = in.position();
    outcome.clear(state.clocks.civilUs());
    int tenant;
    try {
      tenant = dispatch(in.field(), start, end);
    } catch (PlanFault fault) {
      state.alarm("a command was answered INTERNAL and changed nothing: " + fault.getMessage());
      outcome.clear(state.clocks.civilUs());
      tenant = 0;
    }
    in.jump(end);
    Tenant of = state.tenant(tenant);
    if (of != null) outcome.position = of.position;
  }

  /** Returns the tenant that the command is about; 0 for none. */
  private int dispatch(int field, int start, int end) {
    switch (field) {
      case AllocateCommand.FIELD -> {
        allocate.read(in, bodyEnd(end));
        allocations.plan(plan.clear(), allocate, outcome);
        int parts = outcome.repeated ? 0 : outcome.partCount();
        if (parts > 0) allocations.together().check(parts);
        write();
        if (parts > 0) allocations.together().write(parts);
        return allocate.tenant;
      }
      default -> {
        LeaseCommand.Kind kind = LeaseCommand.Kind.of(field);
        if (kind == null) return cold(parse(start, end));
        touch(kind, lease.read(in, bodyEnd(end), kind));
        return lease.tenant;
      }
    }
  }

  private void touch(LeaseCommand.Kind kind, LeaseCommand command) {
    plan.clear();
    switch (kind) {
      case RENEW -> leases.planRenew(plan, command, outcome);
      case RELEASE -> leases.planRelease(plan, command, outcome);
      case SETTLE -> leases.planSettle(plan, command, outcome);
    }
    write();
  }

  private int cold(Command command) {
    switch (command.getCommandCase()) {
      case REVOKE -> {
        Revoke revoke = command.getRevoke();
        revoker.set(revoke.getCaller());
        why.set(revoke.getReason());
        leases.planRevoke(
            plan.clear(), revoke.getTenant(), revoke.getLeaseId(), revoker, why, outcome);
        write();
        return revoke.getTenant();
      }
      case SET_LIMIT -> {
        limits.plan(plan.clear(), command.getSetLimit(), outcome);
        write();
        return command.getSetLimit().getTenant();
      }
      case RELEASE_BY_LABEL -> {
        labels.release(plan.clear(), command.getReleaseByLabel(), outcome);
        return command.getReleaseByLabel().getTenant();
      }
      case BLOCK_LABEL -> {
        labels.block(plan.clear(), command.getBlockLabel(), outcome);
        return command.getBlockLabel().getTenant();
      }
      case APPLY_CATALOG -> {
        catalog.apply(command.getApplyCatalog(), outcome);
        return command.getApplyCatalog().getTenant();
      }
      case PUT_ENTITY -> {
        administration.apply(command, outcome);
        return command.getPutEntity().getTenant();
      }
      case REMOVE_ENTITY -> {
        administration.apply(command, outcome);
        return command.getRemoveEntity().getTenant();
      }
      default -> {
        administration.apply(command, outcome);
        return 0;
      }
    }
  }

  /** Writes what was planned, unless the answer is that nothing was done. */
  private void write() {
    switch (outcome.status) {
      case RETRY, FULL, INTERNAL -> {}
      case GRANTED, REFUSED, ENDED, DONE -> {
        plan.check();
        plan.write();
      }
    }
  }

  private int bodyEnd(int commandEnd) {
    int end = in.enter();
    if (end != commandEnd) throw new CorruptStateException("a command holds more than one");
    return end;
  }

  private Command parse(int start, int end) {
    try {
      Command command = Command.parser().parseFrom(in.bytes(), start, end - start);
      refuseUnknown(command);
      return command;
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptStateException("a command cannot be read: " + e.getMessage());
    }
  }

  /**
   * A field that this version does not know was written by a newer one: executing the rest would
   * diverge from it.
   */
  private static void refuseUnknown(Message message) {
    if (!message.getUnknownFields().asMap().isEmpty()) {
      throw new CorruptStateException(
          "unknown field in "
              + message.getDescriptorForType().getName()
              + ": written by a newer version");
    }
    for (Object value : message.getAllFields().values()) {
      if (value instanceof Message nested) refuseUnknown(nested);
      if (value instanceof List<?> list) {
        for (Object item : list) if (item instanceof Message nested) refuseUnknown(nested);
      }
    }
  }

  /** Seals the ledger and writes the rows that are written once an entry. */
  private void finish() {
    for (Tenant tenant : state.touchedTenants()) {
      state.ledger.seal(tenant, state.clocks.civilUs());
      tenant.dirty = false;
      key.clear().addInt(tenant.number);
      if (tenant.gone) {
        if (tenant.rowChecksum != 0) state.tenantRows.remove(key, tenant.rowChecksum);
        state.remove(tenant);
        continue;
      }
      tenant.writeTo(row);
      if (tenant.rowChecksum == 0) state.tenantRows.insert(key, row);
      else state.tenantRows.update(key, row, tenant.rowChecksum);
      tenant.rowChecksum = row.getLong(Rows.CHECKSUM);
    }
    state.ledger.rollAt(state.settings.ledgerSegmentBytes());
    Pools.flush(state, key, row);
    MetaLayout.write(state, row);
    if (metaChecksum == 0) state.meta.insert(META_KEY, row);
    else state.meta.update(META_KEY, row, metaChecksum);
    metaChecksum = row.getLong(Rows.CHECKSUM);
  }

  private void remember(long index) {
    int slot = (int) (index & DIGESTS_KEPT - 1);
    LONGS.setVolatile(digestIndexes, slot, -1L);
    LONGS.setVolatile(digests, slot, state.digest.value());
    LONGS.setVolatile(digestIndexes, slot, index);
  }
}
