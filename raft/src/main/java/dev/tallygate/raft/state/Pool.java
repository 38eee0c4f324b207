package dev.tallygate.raft.state;

import org.jspecify.annotations.Nullable;

/**
 * The counted state of one entitlement, or of one partition of it, as the apply thread keeps it on
 * the heap: the row is written once an entry. Apply thread only; others read the row.
 */
public final class Pool {
  static final long NO_OVERRIDE = -1;

  private final int tenant;
  private final byte[] partition;
  private final long number;
  private final Counts counts = new Counts();
  private final long[] slices;
  private final IdList leases = new IdList();
  private final Thresholds thresholds = new Thresholds();
  private Entitlement entitlement;
  private @Nullable Retired retired;

  long catalogLimit;
  long override = NO_OVERRIDE;
  long overrideUntilUs;
  long windowStartUs;
  long windowEndUs;
  long timerElapsedUs;
  long timerCivilUs;
  long newestSlice;

  /** Civil clock when the pool went beyond its limit; 0 where it is within. */
  long overageSinceUs;

  /** Checksum of the row as it stands in the table; 0 where there is none yet. */
  long rowChecksum;

  boolean dirty;
  boolean dropped;

  Pool(int tenant, Entitlement entitlement, byte[] partition, long number) {
    this.tenant = tenant;
    this.entitlement = entitlement;
    this.partition = partition;
    this.number = number;
    this.slices = new long[entitlement.slicesHeld()];
    thresholds.of(entitlement);
  }

  public int tenant() {
    return tenant;
  }

  public Entitlement entitlement() {
    return entitlement;
  }

  void entitlement(Entitlement now) {
    if (!now.canonical().getThresholdsList().equals(entitlement.canonical().getThresholdsList()))
      thresholds.of(now);
    entitlement = now;
  }

  /** Not to be changed. */
  public byte[] partition() {
    return partition;
  }

  public long number() {
    return number;
  }

  /** Ids of its leases and open holds, for readers. */
  IdList leases() {
    return leases;
  }

  Thresholds thresholds() {
    return thresholds;
  }

  public Counts counts() {
    return counts;
  }

  /** Civil clock; 0 where the pool is within its limit. */
  public long overageSinceUs() {
    return overageSinceUs;
  }

  /** Replaces the counts, at an instant of the civil clock. */
  void count(Counts after, long civilUs) {
    if (retired != null) retired.add(after.taken() - counts.taken());
    counts.set(after);
    if (after.overage == 0) overageSinceUs = 0;
    else if (overageSinceUs == 0) overageSinceUs = civilUs;
  }

  /** What it drains under; null for a pool of the catalog. */
  @Nullable Retired retired() {
    return retired;
  }

  void retired(@Nullable Retired by) {
    if (retired != null) retired.add(-counts.taken());
    if (by != null) by.add(counts.taken());
    retired = by;
  }

  /** When the calendar window ends, on the civil clock; 0 where there is none. */
  public long windowEndUs() {
    return windowEndUs;
  }

  boolean idle() {
    return counts.idle() && override == NO_OVERRIDE;
  }

  long slice(long slice) {
    return slices[(int) (slice % slices.length)];
  }

  void addToSlice(long slice, long units) {
    slices[(int) (slice % slices.length)] += units;
  }

  void emptySlice(long slice) {
    slices[(int) (slice % slices.length)] = 0;
  }

  int sliceCount() {
    return slices.length;
  }

  void key(Bytes out) {
    out.clear().addInt(tenant).addInt(entitlement.number()).add(partition, 0, partition.length);
  }

  void writeTo(Bytes row) {
    row.length(PoolLayout.SLICES + slices.length * Long.BYTES);
    row.setLong(PoolLayout.NUMBER, number);
    row.setLong(PoolLayout.LIMIT, counts.limit);
    row.setLong(PoolLayout.DEFICIT, counts.deficit);
    row.setLong(PoolLayout.FREE, counts.free);
    row.setLong(PoolLayout.HELD, counts.held);
    row.setLong(PoolLayout.ON_HOLD, counts.onHold);
    row.setLong(PoolLayout.COOLING, counts.cooling);
    row.setLong(PoolLayout.USED, counts.used);
    row.setLong(PoolLayout.CARRIED, counts.carried);
    row.setLong(PoolLayout.OVERAGE, counts.overage);
    row.setLong(PoolLayout.OVERAGE_SINCE, overageSinceUs);
    row.setLong(PoolLayout.CATALOG_LIMIT, catalogLimit);
    row.setLong(PoolLayout.OVERRIDE, override);
    row.setLong(PoolLayout.OVERRIDE_UNTIL, overrideUntilUs);
    row.setLong(PoolLayout.WINDOW_START, windowStartUs);
    row.setLong(PoolLayout.WINDOW_END, windowEndUs);
    row.setLong(PoolLayout.TIMER_ELAPSED, timerElapsedUs);
    row.setLong(PoolLayout.TIMER_CIVIL, timerCivilUs);
    row.setLong(PoolLayout.SLICE_NEWEST, newestSlice);
    row.setLong(PoolLayout.RAISED, thresholds.raised);
    for (int i = 0; i < slices.length; i++)
      row.setLong(PoolLayout.SLICES + i * Long.BYTES, slices[i]);
  }

  static Pool read(int tenant, Entitlement entitlement, byte[] partition, Bytes row) {
    Pool pool = new Pool(tenant, entitlement, partition, row.getLong(PoolLayout.NUMBER));
    readCounts(row, pool.counts);
    pool.overageSinceUs = row.getLong(PoolLayout.OVERAGE_SINCE);
    pool.catalogLimit = row.getLong(PoolLayout.CATALOG_LIMIT);
    pool.override = row.getLong(PoolLayout.OVERRIDE);
    pool.overrideUntilUs = row.getLong(PoolLayout.OVERRIDE_UNTIL);
    pool.windowStartUs = row.getLong(PoolLayout.WINDOW_START);
    pool.windowEndUs = row.getLong(PoolLayout.WINDOW_END);
    pool.timerElapsedUs = row.getLong(PoolLayout.TIMER_ELAPSED);
    pool.timerCivilUs = row.getLong(PoolLayout.TIMER_CIVIL);
    pool.newestSlice = row.getLong(PoolLayout.SLICE_NEWEST);
    pool.thresholds.raised = (int) row.getLong(PoolLayout.RAISED);
    if (row.length() != PoolLayout.SLICES + pool.slices.length * Long.BYTES) {
      throw new CorruptStateException("pool row of another number of slices");
    }
    for (int i = 0; i < pool.slices.length; i++)
      pool.slices[i] = row.getLong(PoolLayout.SLICES + i * Long.BYTES);
    pool.rowChecksum = row.getLong(Rows.CHECKSUM);
    return pool;
  }

  static void readCounts(Bytes row, Counts into) {
    into.limit = row.getLong(PoolLayout.LIMIT);
    into.overage = row.getLong(PoolLayout.OVERAGE);
    into.deficit = row.getLong(PoolLayout.DEFICIT);
    into.free = row.getLong(PoolLayout.FREE);
    into.held = row.getLong(PoolLayout.HELD);
    into.onHold = row.getLong(PoolLayout.ON_HOLD);
    into.cooling = row.getLong(PoolLayout.COOLING);
    into.used = row.getLong(PoolLayout.USED);
    into.carried = row.getLong(PoolLayout.CARRIED);
  }
}
