package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An outcome as tests compare it: only what its status means to say, the rest at zero. */
record Seen(
    Outcome.Status status,
    @Nullable RefusalReason refusal,
    @Nullable EndReason end,
    int grantKind,
    long leaseId,
    long token,
    long units,
    long charged,
    long ttl,
    boolean resumed,
    boolean repeated,
    @Nullable TableId bound,
    @Nullable Numbers pool,
    List<Seen> more) {

  /** Of one part. */
  Seen(
      Outcome.Status status,
      @Nullable RefusalReason refusal,
      @Nullable EndReason end,
      int grantKind,
      long leaseId,
      long token,
      long units,
      long charged,
      long ttl,
      boolean resumed,
      boolean repeated,
      @Nullable TableId bound,
      @Nullable Numbers pool) {
    this(
        status, refusal, end, grantKind, leaseId, token, units, charged, ttl, resumed, repeated,
        bound, pool, List.of());
  }

  /** The parts behind this one. */
  Seen more(List<Seen> parts) {
    return new Seen(
        status, refusal, end, grantKind, leaseId, token, units, charged, ttl, resumed, repeated,
        bound, pool, parts);
  }

  /** Granted although it would have been refused; stands where a refusal's reason does. */
  Seen observed(@Nullable RefusalReason why) {
    return new Seen(
        status, why, end, grantKind, leaseId, token, units, charged, ttl, resumed, repeated, bound,
        pool, more);
  }

  Seen pool(@Nullable Numbers numbers) {
    return new Seen(
        status, refusal, end, grantKind, leaseId, token, units, charged, ttl, resumed, repeated,
        bound, numbers, more);
  }

  /** Counts of a pool. */
  record Numbers(
      long limit,
      long deficit,
      long free,
      long held,
      long onHold,
      long cooling,
      long used,
      long carried,
      long overage) {
    /** Of a pool without predecessors, within its limit. */
    Numbers(long limit, long deficit, long free, long held, long onHold, long cooling, long used) {
      this(limit, deficit, free, held, onHold, cooling, used, 0, 0);
    }

    static Numbers of(Counts counts) {
      return new Numbers(
          counts.limit,
          counts.deficit,
          counts.free,
          counts.held,
          counts.onHold,
          counts.cooling,
          counts.used,
          counts.carried,
          counts.overage);
    }
  }

  static Seen of(Outcome out) {
    List<Seen> more = new ArrayList<>();
    for (int part = 1; part < out.partCount(); part++) more.add(one(out.part(part)));
    return one(out).more(more);
  }

  private static Seen one(Outcome out) {
    Numbers pool = out.pool == null ? null : Numbers.of(out.pool.counts());
    return switch (out.status) {
      case GRANTED ->
          new Seen(
              out.status,
              out.observed == 0 ? null : RefusalReason.forNumber(out.observed),
              null,
              out.grantKind,
              out.leaseId,
              out.token,
              out.units,
              0,
              out.ttlUs,
              out.resumed,
              out.repeated,
              null,
              pool);
      case ENDED ->
          new Seen(
              out.status,
              null,
              EndReason.forNumber(out.endReason),
              0,
              out.leaseId,
              out.token,
              0,
              out.charged,
              0,
              false,
              out.repeated,
              null,
              pool);
      case REFUSED ->
          new Seen(
              out.status,
              RefusalReason.forNumber(out.reason),
              null,
              0,
              0,
              0,
              0,
              0,
              0,
              false,
              out.repeated,
              null,
              pool);
      case DONE -> done(out.units, out.token, out.repeated, pool);
      case FULL -> bare(out.status, out.bound);
      case RETRY, INTERNAL -> bare(out.status, null);
    };
  }

  static Seen bare(Outcome.Status status, @Nullable TableId bound) {
    return new Seen(status, null, null, 0, 0, 0, 0, 0, 0, false, false, bound, null);
  }

  static Seen retry() {
    return bare(Outcome.Status.RETRY, null);
  }

  static Seen internal() {
    return bare(Outcome.Status.INTERNAL, null);
  }

  static Seen full(TableId bound) {
    return bare(Outcome.Status.FULL, bound);
  }

  static Seen refused(RefusalReason why, @Nullable Numbers pool) {
    return new Seen(Outcome.Status.REFUSED, why, null, 0, 0, 0, 0, 0, 0, false, false, null, pool);
  }

  static Seen ended(EndReason why, long lease, long token, long charged, @Nullable Numbers pool) {
    return new Seen(
        Outcome.Status.ENDED, null, why, 0, lease, token, 0, charged, 0, false, false, null, pool);
  }

  static Seen granted(
      int kind,
      long lease,
      long token,
      long units,
      long ttl,
      boolean resumed,
      @Nullable Numbers pool) {
    return new Seen(
        Outcome.Status.GRANTED,
        null,
        null,
        kind,
        lease,
        token,
        units,
        0,
        ttl,
        resumed,
        false,
        null,
        pool);
  }

  static Seen done(@Nullable Numbers pool) {
    return done(0, 0, false, pool);
  }

  /** Of a label that was released: how many leases, and up to which token the rest is to be. */
  static Seen done(long units, long token, boolean repeated, @Nullable Numbers pool) {
    return new Seen(
        Outcome.Status.DONE, null, null, 0, 0, token, units, 0, 0, false, repeated, null, pool);
  }

  Seen asRepeat() {
    return new Seen(
        status, refusal, end, grantKind, leaseId, token, units, charged, ttl, resumed, true, bound,
        pool);
  }
}
