package dev.tallygate.server.ledger;

import com.google.protobuf.Timestamp;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.RefusedSubject;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.server.licensing.ClusterIds;
import dev.tallygate.server.licensing.Holders;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;

/** Turns a record of the ledger into what operators read. One thread. */
final class RecordText {
  private static final long MICROS = 1_000_000;
  private static final String KIND_PREFIX = "LEDGER_KIND_";
  private static final String REASON_PREFIX = "REFUSAL_REASON_";

  private final ClusterIds ids;
  private final Reader reader;
  private final int tenant;

  /**
   * @param reader finds the names of holders; its own for each thread
   */
  RecordText(ClusterIds ids, Reader reader, int tenant) {
    this.ids = ids;
    this.reader = reader;
    this.tenant = tenant;
  }

  LedgerRecord of(Scan scan) throws IOException {
    LedgerBody body = scan.body();
    LedgerRecord.Builder record =
        LedgerRecord.newBuilder()
            .setPosition(scan.position())
            .setOrdinal(scan.ordinal())
            .setAt(
                Timestamp.newBuilder()
                    .setSeconds(scan.civilUs() / MICROS)
                    .setNanos((int) (scan.civilUs() % MICROS * 1_000)))
            .setKind(kind(scan.kind()))
            .setUnits(body.getUnits())
            .setRequestId(body.getRequestId())
            .setCatalogVersion(body.getCatalogVersion())
            .setLimit(body.getLimit())
            .setFree(body.getFree())
            .setOverage(body.getOverage())
            .setCarried(body.getCarried())
            .setDetail(detail(scan.kind(), body))
            .addAllLabels(body.getLabelsList())
            .setHead(HexFormat.of().formatHex(body.getHead().toByteArray()));
    if (body.getSubjectRef() != 0) record.setHolder(holder(body.getSubjectRef()));
    if (body.getLeaseId() != 0) record.setLeaseId(ids.format(body.getLeaseId()));
    if (givesToken(scan.kind())) record.setToken(ids.format(scan.position()));
    return named(record, scan).build();
  }

  private static LedgerRecord.Builder named(LedgerRecord.Builder record, Scan scan)
      throws IOException {
    LedgerBody body = scan.body();
    PoolNames.Name name = scan.pool();
    return name == null
        ? record.setEntitlement(body.getEntitlement()).setPartition(body.getPartition())
        : record.setEntitlement(name.entitlement()).setPartition(name.partition());
  }

  /** The position of a grant or a resumption is its token. */
  private static boolean givesToken(int kind) {
    return kind == LedgerKind.LEDGER_KIND_GRANTED_VALUE
        || kind == LedgerKind.LEDGER_KIND_RESUMED_VALUE;
  }

  private static String kind(int number) {
    LedgerKind kind = LedgerKind.forNumber(number);
    return kind == null ? "KIND_" + number : kind.name().substring(KIND_PREFIX.length());
  }

  /** The holder's name; the reference where the person was erased. */
  private String holder(long reference) {
    String name = reader.subjectName(tenant, reference);
    return name == null ? HexFormat.of().toHexDigits(reference) : Holders.display(name);
  }

  private String detail(int kind, LedgerBody body) {
    LedgerKind of = LedgerKind.forNumber(kind);
    if (of == null) return body.getDetail();
    return switch (of) {
      case LEDGER_KIND_REFUSED -> refused(body);
      case LEDGER_KIND_GRANTED -> observed(body);
      case LEDGER_KIND_COMMITTED, LEDGER_KIND_HOLD_EXPIRED, LEDGER_KIND_CANCELLED ->
          "charged " + body.getCharged();
      case LEDGER_KIND_LIMIT_SET, LEDGER_KIND_WINDOW_CLOSED ->
          body.getUntilUs() == 0
              ? ""
              : "until " + Instant.EPOCH.plus(body.getUntilUs(), ChronoUnit.MICROS);
      case LEDGER_KIND_CATALOG_APPLIED ->
          "set " + body.getDetail() + ": " + body.getCount() + " entitlements";
      case LEDGER_KIND_THRESHOLD ->
          body.getThresholdsList() + " % reached: " + body.getCount() + " taken";
      case LEDGER_KIND_LABEL_RELEASED -> body.getCount() + " released: " + body.getDetail();
      case LEDGER_KIND_LABEL_BLOCKED ->
          (body.getUntilUs() == 0
                  ? "not blocked any more: "
                  : "until " + Instant.EPOCH.plus(body.getUntilUs(), ChronoUnit.MICROS) + ": ")
              + body.getDetail();
      default -> body.getDetail();
    };
  }

  /** What an entitlement that only observes would have refused. */
  private static String observed(LedgerBody body) {
    RefusalReason reason = RefusalReason.forNumber(body.getReason());
    return reason == null || body.getReason() == 0
        ? body.getDetail()
        : "observed " + reason.name().substring("REFUSAL_REASON_".length());
  }

  private String refused(LedgerBody body) {
    RefusalReason reason = RefusalReason.forNumber(body.getReason());
    StringBuilder text = new StringBuilder();
    text.append(
        reason == null
            ? "reason " + body.getReason()
            : reason.name().substring(REASON_PREFIX.length()));
    text.append(", ").append(body.getCount()).append(" in all");
    for (RefusedSubject subject : body.getRefusedList())
      text.append(", ")
          .append(subject.getSubjectRef() == 0 ? "unknown" : holder(subject.getSubjectRef()))
          .append(' ')
          .append(subject.getCount());
    return text.toString();
  }
}
