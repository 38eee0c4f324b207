package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Entitlement;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.WireWriter;
import dev.tallygate.server.grpc.Answer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes the responses of the hot calls as protobuf would: fields in order, defaults left out.
 * Field numbers are those of {@code tallygate/v1/licensing.proto}; tests hold both together. Reused
 * by one thread.
 */
final class AnswerWriter {
  private static final long MICROS = 1_000_000;
  private static final byte[] NONE = new byte[0];

  private final ClusterIds ids;
  private final Bytes out = new Bytes(256);
  private final Bytes inner = new Bytes(256);
  private final Bytes time = new Bytes(16);
  private final Bytes granted = new Bytes(0);

  AnswerWriter(ClusterIds ids) {
    this.ids = ids;
  }

  /**
   * An {@code AllocateResponse}.
   *
   * @param entitlement name as the caller sent it, for answers that name no pool
   * @param partition as judged, for the same
   */
  byte[] allocate(Answer answer, byte[] entitlement, byte[] partition) {
    switch (answer.status) {
      case GRANTED -> {
        grant(answer, entitlement, partition);
        int granted = 1 + WireWriter.varintSize(inner.length()) + inner.length();
        WireWriter.enter(out.clear(), 1, granted);
        message(1);
      }
      case REFUSED -> {
        refusal(answer, entitlement, partition);
        out.clear();
        message(2);
      }
      default -> {
        ended(answer);
        out.clear();
        message(3);
      }
    }
    return revision(answer.position);
  }

  /**
   * An {@code AllocateResponse} for several entitlements.
   *
   * @param first what was asked for first
   * @param more what was asked for behind it
   */
  byte[] together(Answer answer, AskedPart first, List<AskedPart> more) {
    if (answer.status == Outcome.Status.REFUSED) {
      AskedPart refuses = answer.refusedPart == 0 ? first : more.get(answer.refusedPart - 1);
      refusal(answer, refuses.name(answer), refuses.partition(answer));
      out.clear();
      message(2);
      return revision(answer.position);
    }
    granted.clear();
    boolean any = false;
    for (int i = 0; i <= answer.more.size(); i++) {
      Answer part = i == 0 ? answer : answer.more.get(i - 1);
      AskedPart asked = i == 0 ? first : more.get(i - 1);
      if (part.status != Outcome.Status.GRANTED) continue;
      any = true;
      grant(part, asked.name(part), asked.partition(part));
      WireWriter.enter(granted, 1, inner.length());
      granted.add(inner);
    }
    if (!any) {
      ended(answer);
      out.clear();
      message(3);
      return revision(answer.position);
    }
    for (int i = 0; i <= answer.more.size(); i++) {
      Answer part = i == 0 ? answer : answer.more.get(i - 1);
      if (part.status == Outcome.Status.GRANTED) continue;
      ended(part);
      WireWriter.enter(granted, 2, inner.length());
      granted.add(inner);
    }
    WireWriter.enter(out.clear(), 1, granted.length());
    out.add(granted);
    return revision(answer.position);
  }

  /** A {@code RenewResponse}. */
  byte[] renew(Answer answer) {
    out.clear();
    switch (answer.status) {
      case GRANTED -> {
        grant(answer, NONE, NONE);
        message(1);
      }
      case REFUSED -> {
        refusal(answer, NONE, NONE);
        message(2);
      }
      default -> {
        ended(answer);
        message(3);
      }
    }
    return revision(answer.position);
  }

  /**
   * A {@code ReleaseResponse}, {@code SettleResponse} or {@code RevokeResponse}: they are alike.
   */
  byte[] end(Answer answer) {
    out.clear();
    if (answer.status == Outcome.Status.REFUSED) {
      refusal(answer, NONE, NONE);
      message(2);
    } else {
      ended(answer);
      message(1);
    }
    return revision(answer.position);
  }

  /** A {@code SetLimitResponse}. */
  byte[] setLimit(Answer answer, byte[] entitlement, byte[] partition) {
    out.clear();
    if (answer.status == Outcome.Status.REFUSED) {
      refusal(answer, entitlement, partition);
      message(2);
    } else {
      pool(answer, entitlement, partition);
      message(1);
    }
    return revision(answer.position);
  }

  /** A {@code ReleaseByLabelResponse}. */
  byte[] released(Answer answer) {
    out.clear();
    if (answer.status == Outcome.Status.REFUSED) {
      refusal(answer, NONE, NONE);
      message(2);
    } else {
      inner.clear();
      WireWriter.int64(inner, 1, answer.units);
      if (answer.token != 0) ids.field(inner, 2, answer.token);
      message(1);
    }
    return revision(answer.position);
  }

  /**
   * A {@code BlockLabelResponse}.
   *
   * @param untilUs 0 where the label is not blocked
   */
  byte[] blocked(Answer answer, byte[] label, long untilUs) {
    out.clear();
    if (answer.status == Outcome.Status.REFUSED) {
      refusal(answer, NONE, NONE);
      message(2);
    } else {
      inner.clear();
      WireWriter.bytes(inner, 1, label);
      if (untilUs > answer.civilUs) time(2, untilUs);
      message(1);
    }
    return revision(answer.position);
  }

  private void grant(Answer answer, byte[] entitlement, byte[] partition) {
    inner.clear();
    WireWriter.int32(inner, 1, answer.grantKind);
    names(2, answer, entitlement, partition);
    WireWriter.int64(inner, 4, answer.units);
    ids.field(inner, 5, answer.leaseId);
    ids.field(inner, 6, answer.token);
    if (answer.ttlUs > 0) {
      duration(7, answer.ttlUs);
      time(8, answer.civilUs + answer.ttlUs);
    }
    WireWriter.bool(inner, 9, answer.resumed);
    WireWriter.int64(inner, 10, answer.free);
    WireWriter.int64(inner, 11, answer.overage);
    WireWriter.int32(inner, 12, answer.observed);
  }

  private void refusal(Answer answer, byte[] entitlement, byte[] partition) {
    inner.clear();
    WireWriter.int32(inner, 1, answer.reason);
    names(2, answer, entitlement, partition);
    WireWriter.int64(inner, 4, answer.limit);
    WireWriter.int64(inner, 5, answer.taken());
    WireWriter.int64(inner, 6, answer.deficit);
    WireWriter.int64(inner, 7, answer.catalogVersion);
    if (answer.retryAfterUs > 0) duration(8, answer.retryAfterUs);
    WireWriter.int64(inner, 9, answer.holderLimit);
    WireWriter.int64(inner, 10, answer.holderTaken);
    WireWriter.int64(inner, 11, answer.overage);
    WireWriter.int64(inner, 12, answer.reserved);
  }

  /** An EXHAUSTED refusal that was judged without the log. */
  byte[] exhausted(
      int reason,
      byte[] entitlement,
      byte[] partition,
      long limit,
      long taken,
      long deficit,
      long overage,
      long catalogVersion,
      long retryAfterUs,
      long position) {
    inner.clear();
    WireWriter.int32(inner, 1, reason);
    WireWriter.bytes(inner, 2, entitlement);
    WireWriter.bytes(inner, 3, partition);
    WireWriter.int64(inner, 4, limit);
    WireWriter.int64(inner, 5, taken);
    WireWriter.int64(inner, 6, deficit);
    WireWriter.int64(inner, 7, catalogVersion);
    if (retryAfterUs > 0) duration(8, retryAfterUs);
    WireWriter.int64(inner, 11, overage);
    out.clear();
    message(2);
    return revision(position);
  }

  private void ended(Answer answer) {
    inner.clear();
    WireWriter.int32(inner, 1, answer.endReason);
    ids.field(inner, 2, answer.leaseId);
    // Revoke names no token, and a lease that is forgotten has none.
    if (answer.token != 0) ids.field(inner, 3, answer.token);
    WireWriter.int64(inner, 4, answer.charged);
  }

  private void pool(Answer answer, byte[] entitlement, byte[] partition) {
    inner.clear();
    names(1, answer, entitlement, partition);
    WireWriter.int64(inner, 3, answer.limit);
    WireWriter.int64(inner, 4, answer.deficit);
    WireWriter.int64(inner, 5, answer.free);
    WireWriter.int64(inner, 6, answer.held);
    WireWriter.int64(inner, 7, answer.onHold);
    WireWriter.int64(inner, 8, answer.cooling);
    WireWriter.int64(inner, 9, answer.used);
    if (answer.windowEndUs > 0) time(10, answer.windowEndUs);
    Entitlement of = answer.entitlement;
    if (of != null)
      WireWriter.bytes(inner, 11, PoolMessages.model(of).getBytes(StandardCharsets.UTF_8));
    WireWriter.int64(inner, 12, answer.overage);
    if (answer.overageSinceUs > 0) time(13, answer.overageSinceUs);
    WireWriter.int64(inner, 31, answer.carried);
  }

  /** Entitlement and partition, in two fields that follow each other. */
  private void names(int field, Answer answer, byte[] entitlement, byte[] partition) {
    Entitlement of = answer.entitlement;
    if (entitlement.length > 0 || of == null) {
      WireWriter.bytes(inner, field, entitlement);
      WireWriter.bytes(inner, field + 1, partition);
    } else {
      WireWriter.bytes(inner, field, of.name().getBytes(StandardCharsets.UTF_8));
      WireWriter.bytes(inner, field + 1, answer.partition());
    }
  }

  private void message(int field) {
    WireWriter.enter(out, field, inner.length());
    out.add(inner);
  }

  private byte[] revision(long position) {
    ids.field(out, 4, position);
    return out.copy();
  }

  private void duration(int field, long us) {
    time(field, us);
  }

  /** A Duration and a Timestamp have the same two fields. */
  private void time(int field, long us) {
    time.clear();
    WireWriter.int64(time, 1, us / MICROS);
    WireWriter.int64(time, 2, us % MICROS * 1_000);
    WireWriter.enter(inner, field, time.length());
    inner.add(time);
  }
}
