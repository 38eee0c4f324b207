package dev.tallygate.raft.state;

/**
 * The tables of the replicated state. The number is part of the format (snapshot rows, checksums):
 * never reuse one. Keys and rows are drawn in the {@code …Layout} class that each names.
 */
public enum TableId {
  /** {@code MetaLayout}: clocks, settings, counters; one row. */
  META(1, 16, 1024),
  /** {@code TenantLayout}: name, position, ledger head, catalog version. */
  TENANTS(2, 8, 192),
  /** tenant and number to canonical {@code tallygate.log.v1.Entitlement}. */
  ENTITLEMENTS(3, 8, 320),
  /** {@code PoolLayout}. */
  POOLS(4, 20, 184),
  /** {@code LeaseLayout}: leases, and holds until their outcome is forgotten. */
  LEASES(5, 12, 176),
  /** {@code SessionLayout}: natural key of a session to its lease. */
  SESSIONS(6, 40, 16),
  /** {@code SubjectLayout}: holder name to reference. */
  SUBJECTS(7, 24, 16),
  /** {@code SubjectLayout}: reference to holder name; erasing a person removes this row. */
  NAMES(8, 12, 32),
  /**
   * {@code RequestLayout}: what was answered under a request id; one table for each minute of
   * {@code issued_at}.
   */
  REQUESTS(9, 56, 64),
  /** {@code CatalogLayout}: the versions of a tenant's catalog, and what takes each back. */
  CATALOG_VERSIONS(10, 16, 320),
  /** {@code HolderLayout}: units that a holder has out of a pool with a maximum per holder. */
  HOLDERS(11, 32, 16),
  /** {@code LabelLayout}: what stands under a label, as a list in the order of tokens. */
  LABELS(12, 32, 24),
  /** {@code LabelLayout}: labels under which nothing is taken, until when. */
  LABEL_BLOCKS(13, 24, 24),
  /** {@code GroupLayout}: units that a group has out of a pool with a reservation for it. */
  GROUPS(14, 20, 16),
  /** {@code EntityLayout}: entities with their attributes, and removals that are under way. */
  ENTITIES(15, 40, 320);

  private final int number;
  private final int keyBytesAverage;
  private final int rowBytesAverage;

  TableId(int number, int keyBytesAverage, int rowBytesAverage) {
    this.number = number;
    this.keyBytesAverage = keyBytesAverage;
    this.rowBytesAverage = rowBytesAverage;
  }

  public int number() {
    return number;
  }

  /** For sizing only: keys and rows of any length up to {@link Table#BYTES_MAX} are taken. */
  public int keyBytesAverage() {
    return keyBytesAverage;
  }

  /** For sizing only; includes the checksum that opens each row. */
  public int rowBytesAverage() {
    return rowBytesAverage;
  }
}
