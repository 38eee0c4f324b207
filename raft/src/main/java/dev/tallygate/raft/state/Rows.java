package dev.tallygate.raft.state;

/**
 * One table with checksums: each row opens with eight bytes over table, key and content. They are
 * checked whenever a row is read, so that a flipped bit is never served, and their wrapping sum
 * over all rows is what the {@link Digest} compares between replicas. Apply thread only.
 */
final class Rows {
  /** Every row opens with its checksum. */
  static final int CHECKSUM = 0;

  static final int CONTENT = CHECKSUM + Long.BYTES;

  private final TableId id;
  private final Digest digest;
  private final Table table;

  Rows(TableId id, Table table, Digest digest) {
    this.id = id;
    this.table = table;
    this.digest = digest;
  }

  Table table() {
    return table;
  }

  /** True where there is a row, which is then in {@code row} and as it was written. */
  boolean get(Bytes key, Bytes row) {
    if (!table.get(key, row)) return false;
    verify(id, key, row);
    return true;
  }

  /** Puts a row that was absent. */
  void insert(Bytes key, Bytes row) {
    digest.add(seal(id, key, row));
    table.insert(key, row);
  }

  /** Puts a row that was there, with the checksum that it had. */
  void update(Bytes key, Bytes row, long checksumBefore) {
    digest.replace(checksumBefore, seal(id, key, row));
    table.put(key, row);
  }

  void remove(Bytes key, long checksumBefore) {
    if (!table.remove(key)) throw new CorruptStateException("row of " + id + " is gone");
    digest.subtract(checksumBefore);
  }

  /** Writes the checksum into the row and returns it. */
  static long seal(TableId id, Bytes key, Bytes row) {
    long checksum = checksum(id, key, row);
    row.setLong(CHECKSUM, checksum);
    return checksum;
  }

  /** Returns the checksum that the row carries. */
  static long verify(TableId id, Bytes key, Bytes row) {
    if (row.length() < CONTENT) throw new CorruptStateException("row of " + id + " is cut short");
    long found = row.getLong(CHECKSUM);
    if (found != checksum(id, key, row))
      throw new CorruptStateException("row of " + id + " fails its checksum");
    return found;
  }

  private static long checksum(TableId id, Bytes key, Bytes row) {
    long ofKey = Checksum.of(id.number(), key.array(), 0, key.length());
    return Checksum.of(ofKey, row.array(), CONTENT, row.length() - CONTENT);
  }
}
