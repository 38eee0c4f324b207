package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The ledger as apply writes it: records gather with their tenant while an entry is applied; at its
 * end each tenant's are sealed by a hash and handed to the sink. So the hash costs once an entry,
 * and a crash leaves whole entries or none.
 */
final class Ledger {
  private final LedgerSink sink;
  private final MessageDigest sha256;
  private final LedgerRecord seal = new LedgerRecord();
  private long length;
  private long segmentStart;

  Ledger(LedgerSink sink) {
    this.sink = sink;
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  long length() {
    return length;
  }

  long segmentStart() {
    return segmentStart;
  }

  void restore(long newLength, long newSegmentStart) {
    length = newLength;
    segmentStart = newSegmentStart;
  }

  /** Seals and hands over what the tenant recorded in this entry. */
  void seal(Tenant tenant, long civilUs) {
    Bytes records = tenant.records;
    if (records.length() == 0) return;
    sha256.update(tenant.head);
    sha256.update(records.array(), 0, records.length());
    byte[] head = sha256.digest();
    System.arraycopy(head, 0, tenant.head, 0, head.length);
    seal.clear(LedgerKind.LEDGER_KIND_SEAL).head.set(head);
    seal.appendTo(records, tenant.number, tenant.position, 0, civilUs);
    sink.append(length, records.array(), 0, records.length());
    length += records.length();
    records.clear();
  }

  /** Begins a new segment where the running one is long enough; between two entries only. */
  void rollAt(long segmentBytes) {
    if (length - segmentStart < segmentBytes) return;
    sink.roll(length);
    segmentStart = length;
  }
}
