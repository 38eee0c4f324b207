package dev.tallygate.raft.state;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The state as any thread may read it: what apply published after its last entry, and the tables
 * themselves. A reader sees each row as it was between two entries or later, so what it reads is no
 * older than {@link #appliedIndex}.
 */
public final class View {
  /** What moves with every entry. */
  private record Moment(
      long appliedIndex,
      long elapsedUs,
      long civilUs,
      boolean clockReady,
      long agreedIndex,
      long agreedDigest,
      long disputedIndex,
      long digest,
      long ledgerBytes,
      long leases,
      long pools,
      long subjects,
      long entities,
      long requests,
      boolean seeded,
      boolean sweepBehind,
      boolean endsBehind,
      int featureLevel) {}

  private static final Moment NOTHING =
      new Moment(
          -1, 0, 0, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, false, false, FeatureLevel.FIRST);

  private final Tables tables;
  private volatile Moment moment = NOTHING;
  private volatile Settings settings = Settings.DEFAULTS;
  private volatile Map<String, TenantView> tenants = Map.of();
  private volatile List<TenantView> ending = List.of();

  /**
   * Odd while an entry is being applied. Rows are written one after another, so whoever compares
   * several has to see the same even number before and afterwards.
   */
  private volatile long version;

  View(Tables tables) {
    this.tables = tables;
  }

  /** Called by apply before it writes the first row of an entry. */
  void begin() {
    version = version | 1;
    // No row may be seen changed by a reader that still sees the even number.
    VarHandle.fullFence();
  }

  long version() {
    return version;
  }

  /** Called by apply after each entry. */
  void publish(State state, long index) {
    settings = state.settings;
    publishTenants(state);
    moment =
        new Moment(
            index,
            state.clocks.elapsedUs(),
            state.clocks.civilUs(),
            state.clocks.medianKnown(),
            state.agreement.agreedIndex(),
            state.agreement.agreedDigest(),
            state.agreement.disputedIndex(),
            state.digest.value(),
            state.ledger.length(),
            state.leases,
            state.pools,
            state.subjects,
            state.entities,
            state.requests.count(),
            state.settingsSeeded,
            state.sweepBehind,
            state.endsBehind,
            state.featureLevel);
    version = (version | 1) + 1;
  }

  /** Another state follows, or none: what is known is not of it. */
  void forget() {
    begin();
    tenants = Map.of();
    ending = List.of();
    settings = Settings.DEFAULTS;
    moment = NOTHING;
  }

  /** Looks at the tenants that the entry changed: there may be a hundred thousand others. */
  private void publishTenants(State state) {
    boolean changed = tenants.size() + ending.size() != state.tenantCount();
    for (Tenant tenant : state.touchedTenants()) {
      TenantView seen = tenant.ending() ? null : tenants.get(tenant.name);
      if (seen == null || !seen.shows(tenant)) changed = true;
      else seen.moved(tenant);
    }
    if (!changed) return;
    Map<String, TenantView> next = new TreeMap<>();
    List<TenantView> gone = new ArrayList<>();
    for (Tenant tenant : state.tenants()) {
      TenantView seen = tenants.get(tenant.name);
      if (tenant.ending()) gone.add(TenantView.of(tenant));
      else if (seen != null && seen.shows(tenant)) next.put(tenant.name, seen);
      else next.put(tenant.name, TenantView.of(tenant));
    }
    tenants = Collections.unmodifiableMap(next);
    ending = Collections.unmodifiableList(gone);
  }

  /** -1 where nothing was applied. */
  public long appliedIndex() {
    return moment.appliedIndex();
  }

  /** The cluster's elapsed clock at the last entry, in microseconds. */
  public long elapsedUs() {
    return moment.elapsedUs();
  }

  /** The cluster's wall clock at the last entry, in microseconds since 1970. */
  public long civilUs() {
    return moment.civilUs();
  }

  /**
   * False until a median of this term has been applied: until then taking commands are answered
   * RETRY.
   */
  public boolean clockReady() {
    return moment.clockReady();
  }

  /** The highest index on which a majority of voters agreed; 0 for none. */
  public long agreedIndex() {
    return moment.agreedIndex();
  }

  /** The digest that a majority named at {@link #agreedIndex}. */
  public long agreedDigest() {
    return moment.agreedDigest();
  }

  /**
   * An index on which no majority can agree any more: nothing is taken in this cluster from then
   * on. 0 for none.
   */
  public long disputedIndex() {
    return moment.disputedIndex();
  }

  public long digest() {
    return moment.digest();
  }

  public long ledgerBytes() {
    return moment.ledgerBytes();
  }

  /** Whether a leader has seeded the settings. */
  public boolean seeded() {
    return moment.seeded();
  }

  /**
   * Whether the last entry left rows that are due: it swept as many as it may. The leader should
   * append the next entry at once instead of waiting for a tick.
   */
  public boolean sweepBehind() {
    return moment.sweepBehind();
  }

  /**
   * Whether something of deleted tenants waits for the next entry. The leader should append it at
   * once, as for {@link #sweepBehind}; nobody else has to wait for it.
   */
  public boolean endsBehind() {
    return moment.endsBehind();
  }

  public int featureLevel() {
    return moment.featureLevel();
  }

  public Settings settings() {
    return settings;
  }

  /** Null where there is none of that name. */
  public @Nullable TenantView tenant(String name) {
    return tenants.get(name);
  }

  /** By name, ascending; unmodifiable. Without those that were deleted. */
  public Map<String, TenantView> tenants() {
    return tenants;
  }

  /** Those that were deleted and of which something is left, by number; unmodifiable. */
  public List<TenantView> endingTenants() {
    return ending;
  }

  /** Rows of a table at the last entry. */
  public long rows(TableId table) {
    Moment now = moment;
    return switch (table) {
      case LEASES -> now.leases();
      case POOLS -> now.pools();
      case SUBJECTS, NAMES -> now.subjects();
      case ENTITIES -> now.entities();
      case REQUESTS -> now.requests();
      case META,
          TENANTS,
          ENTITLEMENTS,
          SESSIONS,
          HOLDERS,
          GROUPS,
          CATALOG_VERSIONS,
          LABELS,
          LABEL_BLOCKS ->
          tables.table(table).count();
    };
  }

  /** The bound on a table's rows. */
  public long bound(TableId table) {
    return settings.bound(table);
  }

  /** A reader with buffers of its own, for one thread. */
  public Reader reader() {
    return new Reader(tables, this);
  }
}
