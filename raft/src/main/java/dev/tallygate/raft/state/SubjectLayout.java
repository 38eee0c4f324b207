package dev.tallygate.raft.state;

/**
 * Names of people stand here and in live leases, nowhere else: the ledger carries references. The
 * names of a tenant make a chain, each row leading to the one before, so that they are found when
 * the tenant ends.
 *
 * <pre>
 * SUBJECTS  key  0 u32 tenant, 4 holder name      row  0 u64 checksum, 8 u64 reference
 * NAMES     key  0 u32 tenant, 4 u64 reference    row  0 u64 checksum, 8 u64 reference of the name
 *                                                      before; 0 for the first, 16 holder name
 * </pre>
 */
final class SubjectLayout {
  static final int REFERENCE = Rows.CONTENT;
  static final int PREVIOUS = Rows.CONTENT;
  static final int NAME = PREVIOUS + Long.BYTES;

  private SubjectLayout() {}

  static void subjectKey(Bytes out, int tenant, Span holder) {
    out.clear().addInt(tenant);
    holder.addTo(out);
  }

  static void nameKey(Bytes out, int tenant, long reference) {
    out.clear().addInt(tenant).addLong(reference);
  }
}
