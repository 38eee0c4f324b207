package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.LedgerKind;
import java.util.zip.CRC32C;

/**
 * One record of the ledger while it is made: {@code tallygate.log.v1.LedgerBody} behind the header
 * of {@link LedgerLayout}. Reused.
 */
final class LedgerRecord {
  static final int LABELS = 30;

  LedgerKind kind = LedgerKind.LEDGER_KIND_UNSPECIFIED;
  long pool;
  long subjectRef;
  long leaseId;
  long units;
  long limit;
  long free;
  final Span requestId = new Span();
  final Span caller = new Span();
  long issuedAtUs;
  long catalogVersion;
  int grantKind;
  final Span entitlement = new Span();
  final Span partition = new Span();
  final Span detail = new Span();
  int reason;
  long count;

  /** Encoded {@code refused} fields, tags included. */
  final Bytes refused = new Bytes(0);

  long untilUs;
  final Span head = new Span();
  long charged;
  int model;
  long carried;
  long overage;

  /** Encoded {@code labels} fields, tags included. */
  final Bytes labels = new Bytes(0);

  /** Per cents, a byte each: the packed form of numbers that small. */
  final Bytes thresholds = new Bytes(0);

  private final CRC32C crc = new CRC32C();

  LedgerRecord clear(LedgerKind newKind) {
    kind = newKind;
    pool = 0;
    subjectRef = 0;
    leaseId = 0;
    units = 0;
    limit = 0;
    free = 0;
    requestId.clear();
    caller.clear();
    issuedAtUs = 0;
    catalogVersion = 0;
    grantKind = 0;
    entitlement.clear();
    partition.clear();
    detail.clear();
    reason = 0;
    count = 0;
    refused.clear();
    untilUs = 0;
    head.clear();
    charged = 0;
    model = 0;
    carried = 0;
    overage = 0;
    labels.clear();
    thresholds.clear();
    return this;
  }

  LedgerRecord label(Span label) {
    WireWriter.span(labels, LABELS, label);
    return this;
  }

  /** Takes the pool's number and what it counts after the command. */
  LedgerRecord pool(long number, Counts after) {
    pool = number;
    limit = after.limit;
    free = after.free;
    overage = after.overage;
    carried = after.carried;
    return this;
  }

  /** Appends header and body. */
  void appendTo(Bytes out, int tenant, long position, int ordinal, long civilUs) {
    int start = out.length();
    out.length(start + LedgerLayout.BODY);
    writeBody(out);
    int body = out.length() - start - LedgerLayout.BODY;
    if (body > LedgerLayout.BODY_BYTES_MAX) {
      out.length(start);
      throw new PlanFault("ledger body of " + body + " bytes");
    }
    out.setInt(start + LedgerLayout.BODY_LENGTH, body);
    out.setByte(start + LedgerLayout.VERSION, LedgerLayout.VERSION_NOW);
    out.setByte(start + LedgerLayout.KIND, kind.getNumber());
    out.setShort(start + LedgerLayout.ORDINAL, ordinal);
    out.setInt(start + LedgerLayout.TENANT, tenant);
    out.setLong(start + LedgerLayout.POSITION, position);
    out.setLong(start + LedgerLayout.CIVIL_US, civilUs);
    crc.reset();
    crc.update(
        out.array(), start + LedgerLayout.VERSION, LedgerLayout.BODY - LedgerLayout.VERSION + body);
    out.setInt(start + LedgerLayout.CRC, (int) crc.getValue());
  }

  private void writeBody(Bytes out) {
    WireWriter.int64(out, 1, pool);
    WireWriter.fixed64(out, 2, subjectRef);
    WireWriter.fixed64(out, 3, leaseId);
    WireWriter.int64(out, 4, units);
    WireWriter.int64(out, 5, limit);
    WireWriter.int64(out, 6, free);
    WireWriter.span(out, 7, requestId);
    WireWriter.span(out, 8, caller);
    WireWriter.fixed64(out, 9, issuedAtUs);
    WireWriter.int64(out, 10, catalogVersion);
    WireWriter.int32(out, 11, grantKind);
    WireWriter.span(out, 12, entitlement);
    WireWriter.span(out, 13, partition);
    WireWriter.span(out, 14, detail);
    WireWriter.int32(out, 15, reason);
    WireWriter.int64(out, 16, count);
    out.add(refused);
    WireWriter.fixed64(out, 18, untilUs);
    WireWriter.span(out, 19, head);
    WireWriter.int64(out, 20, charged);
    WireWriter.int32(out, 21, model);
    WireWriter.int64(out, 22, carried);
    WireWriter.int64(out, 23, overage);
    out.add(labels);
    WireWriter.bytes(out, 31, thresholds.array(), 0, thresholds.length());
  }
}
