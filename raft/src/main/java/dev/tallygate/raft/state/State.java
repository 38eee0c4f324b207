package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that apply reads and writes, in one place: rows in tables, and what of them is kept on
 * the heap. Apply thread only.
 */
final class State {
  final Tables tables;
  final Digest digest = new Digest();
  final Clocks clocks = new Clocks();
  final Ledger ledger;
  final Requests requests;
  final Agreement agreement = new Agreement();
  final Carried carried = new Carried(this);

  final Rows meta;
  final Rows tenantRows;
  final Rows entitlementRows;
  final Rows poolRows;
  final Rows leaseRows;
  final Rows sessionRows;
  final Rows holderRows;
  final Rows groupRows;
  final Rows subjectRows;
  final Rows nameRows;
  final Rows catalogVersionRows;
  final Rows labelBlockRows;
  final Labels labels;
  final Rows entityRows;

  /** Leases and holds by when their units come back; elapsed clock. */
  final Timers leaseTimers = new Timers();

  /** Settled holds by when their outcome is forgotten; civil clock. */
  final Timers settledTimers = new Timers();

  /**
   * Rolling pools by when a slice leaves, idle partitions by when they are dropped; elapsed clock.
   */
  final Timers poolTimers = new Timers();

  /** Calendar pools by when their window ends, overrides by when they do; civil clock. */
  final Timers calendarTimers = new Timers();

  /** Blocks of labels by when they end; civil clock. */
  final Timers blockTimers = new Timers();

  Settings settings = Settings.DEFAULTS;
  boolean settingsSeeded;
  int featureLevel = FeatureLevel.FIRST;
  long outcomes;

  /** Whether the last sweep stopped at its bound. Not replicated: a hint to the leader's ticker. */
  boolean sweepBehind;

  /**
   * Whether leases may be due that the sweep at the start of this entry did not come to: then no
   * pool is exhausted for sure that has units out.
   */
  boolean leasesOverdue;

  /** How many leases labels may still release in this entry. */
  int labelReleasesLeft;

  /** Whether the last sweep left something of a deleted tenant. Not replicated: a hint. */
  boolean endsBehind;

  /** The highest position of a tenant that is gone: none begins below it. */
  long positionsEnded;

  long leases;
  long pools;
  long subjects;

  /** Rows of entities, removals included. */
  long entities;

  int tenantsMade;

  /** By number, which are given out one after another; every command asks here. */
  private @Nullable Tenant[] tenants = new Tenant[8];

  private int tenantCount;

  /** Those that are being ended, by number. */
  private final TreeMap<Integer, Tenant> ending = new TreeMap<>();

  private final TreeMap<Integer, Tenant> removing = new TreeMap<>();

  private final List<Tenant> touched = new ArrayList<>();
  private final List<Pool> dirtyPools = new ArrayList<>();
  private Alarm alarm = message -> {};

  State(Tables tables, LedgerSink sink) {
    this.tables = tables;
    this.ledger = new Ledger(sink);
    this.requests = new Requests(tables, digest);
    this.meta = rows(TableId.META);
    this.tenantRows = rows(TableId.TENANTS);
    this.entitlementRows = rows(TableId.ENTITLEMENTS);
    this.poolRows = rows(TableId.POOLS);
    this.leaseRows = rows(TableId.LEASES);
    this.sessionRows = rows(TableId.SESSIONS);
    this.holderRows = rows(TableId.HOLDERS);
    this.groupRows = rows(TableId.GROUPS);
    this.subjectRows = rows(TableId.SUBJECTS);
    this.nameRows = rows(TableId.NAMES);
    this.catalogVersionRows = rows(TableId.CATALOG_VERSIONS);
    this.labelBlockRows = rows(TableId.LABEL_BLOCKS);
    this.labels = new Labels(rows(TableId.LABELS));
    this.entityRows = rows(TableId.ENTITIES);
  }

  private Rows rows(TableId id) {
    return new Rows(id, tables.table(id), digest);
  }

  @Nullable Tenant tenant(int number) {
    return number < 0 || number >= tenants.length ? null : tenants[number];
  }

  /** The tenant that a command speaks of; null where there is none or it was deleted. */
  @Nullable Tenant asked(int number) {
    Tenant tenant = tenant(number);
    return tenant == null || tenant.ending() ? null : tenant;
  }

  @Nullable Tenant tenant(String name) {
    for (Tenant tenant : tenants()) if (tenant.name.equals(name)) return tenant;
    return null;
  }

  /** By number, ascending. */
  List<Tenant> tenants() {
    List<Tenant> all = new ArrayList<>(tenantCount);
    for (Tenant tenant : tenants) if (tenant != null) all.add(tenant);
    return all;
  }

  int tenantCount() {
    return tenantCount;
  }

  void put(Tenant tenant) {
    int number = tenant.number;
    if (number >= tenants.length)
      tenants = Arrays.copyOf(tenants, Math.max(number + 1, 2 * tenants.length));
    if (tenants[number] == null) tenantCount++;
    tenants[number] = tenant;
    if (tenant.ending()) ending.put(number, tenant);
  }

  /** Those in which removals are under way, by number. */
  TreeMap<Integer, Tenant> removing() {
    return removing;
  }

  /** By number, ascending. */
  TreeMap<Integer, Tenant> ending() {
    return ending;
  }

  /** Nothing of it is left. */
  void remove(Tenant tenant) {
    ending.remove(tenant.number);
    removing.remove(tenant.number);
    tenants[tenant.number] = null;
    tenantCount--;
    positionsEnded = Math.max(positionsEnded, tenant.position);
  }

  void touch(Tenant tenant) {
    if (tenant.dirty) return;
    tenant.dirty = true;
    touched.add(tenant);
  }

  void touch(Pool pool) {
    if (pool.dirty) return;
    pool.dirty = true;
    dirtyPools.add(pool);
  }

  /** Tenants that this entry changed, in the order of first touch. */
  List<Tenant> touchedTenants() {
    return touched;
  }

  List<Pool> dirtyPools() {
    return dirtyPools;
  }

  /** Writes a record of a change that has its position already. */
  void record(Tenant tenant, LedgerRecord record, int ordinal) {
    touch(tenant);
    record.appendTo(tenant.records, tenant.number, tenant.position, ordinal, clocks.civilUs());
  }

  void onAlarm(Alarm newAlarm) {
    alarm = newAlarm;
  }

  void alarm(String message) {
    alarm.raise(message);
  }
}
