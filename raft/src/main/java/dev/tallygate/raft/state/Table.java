package dev.tallygate.raft.state;

/**
 * One keyed table: bytes to bytes. One thread, the apply thread, writes; any thread may read with
 * buffers of its own, and sees each row as it was between two writes, never half of one.
 *
 * <p>A table knows nothing of checksums: {@link Rows} does.
 */
public interface Table {
  /** Bound on a key and, apart from it, on a row. */
  int BYTES_MAX = 65_536;

  /**
   * Copies the row into {@code row}, replacing its content.
   *
   * @return false where there is none; {@code row} is then undefined
   */
  boolean get(Bytes key, Bytes row);

  void put(Bytes key, Bytes row);

  /** As {@link #put}, for a key that is known to be absent: nobody has to look for it. */
  default void insert(Bytes key, Bytes row) {
    put(key, row);
  }

  /** True where there was a row. */
  boolean remove(Bytes key);

  /** Rows now. */
  long count();

  /**
   * Visits every row in no particular order, from the apply thread or while it is at rest. The
   * buffers are reused.
   */
  void forEach(Visitor visitor);

  /** Takes one row. */
  interface Visitor {
    void visit(Bytes key, Bytes row);
  }
}
