package dev.tallygate.raft.state;

import java.util.Arrays;

/**
 * What a command came to: one flat record for all of them, reused from command to command. An
 * {@link OutcomeSink} copies what it needs before it returns. Names of fields are those of {@code
 * tallygate.v1}.
 */
public final class Outcome {
  /** The shape of the answer. The numbers are part of the format: they enter the digest. */
  public enum Status {
    /** A grant, a resumption, a renewal, or a repeat that is still held. */
    GRANTED,
    /** Refused for {@link Outcome#reason}. */
    REFUSED,
    /**
     * Over for {@link Outcome#endReason}: what Release, Commit, Cancel and Revoke want, and what a
     * repeat or a late Renew may find.
     */
    ENDED,
    /** Done, with nothing to say but the pool's numbers. */
    DONE,
    /** The proposer's view was not the state's. Never stored: judge again and propose again. */
    RETRY,
    /** A bound of the state is met: {@link Outcome#bound} names it. Nothing was done. */
    FULL,
    /** The plan broke a rule of the core. Nothing was done; raise an alarm. */
    INTERNAL
  }

  public Status status = Status.INTERNAL;

  /** {@code tallygate.v1.RefusalReason}. */
  public int reason;

  /** {@code tallygate.v1.EndReason}. */
  public int endReason;

  /** {@code tallygate.v1.GrantKind}. */
  public int grantKind;

  /** The tenant's position after the command: its revision. */
  public long position;

  public long leaseId;
  public long token;
  public long units;
  public long charged;

  /** What is left of the ttl, in microseconds of the elapsed clock. */
  public long ttlUs;

  /** {@code tallygate.v1.RefusalReason} that an entitlement only observed; 0 for none. */
  public int observed;

  public boolean resumed;
  public boolean repeated;
  public long retryAfterUs;
  public long catalogVersion;

  /** Of a refusal by the maximum per holder: that maximum, and what the holder has. */
  public long holderLimit;

  public long holderTaken;

  /** Of a refusal for want of units: what is free and kept for others. */
  public long reserved;

  /** The pool after the command; null where it names none. Valid until the sink returns. */
  public @org.jspecify.annotations.Nullable Pool pool;

  /** Of FULL: the table whose bound is met. */
  public @org.jspecify.annotations.Nullable TableId bound;

  /** The cluster's wall clock at the entry. */
  public long civilUs;

  /** Of a refusal: the part of the command that refuses, from 0. */
  public int refusedPart;

  private Outcome[] parts = {};
  private int partCount;

  Outcome() {}

  /** Parts of the command that were granted together; 0 where there is only this one. */
  public int partCount() {
    return partCount;
  }

  /**
   * What a part behind the first came to; made where it is the next one.
   *
   * @param number from 1, which follows on this one
   */
  public Outcome part(int number) {
    if (number < partCount) return parts[number - 1];
    if (number > parts.length) {
      parts = Arrays.copyOf(parts, number);
      parts[number - 1] = new Outcome();
    }
    partCount = number + 1;
    Outcome part = parts[number - 1].clear(civilUs);
    part.position = position;
    part.catalogVersion = catalogVersion;
    return part;
  }

  /** Takes over what a part says that keeps all others from being granted. */
  void refused(int number, Outcome part) {
    if (part != this) {
      again();
      status = part.status;
      reason = part.reason;
      retryAfterUs = part.retryAfterUs;
      holderLimit = part.holderLimit;
      holderTaken = part.holderTaken;
      reserved = part.reserved;
      pool = part.pool;
      bound = part.bound;
    }
    refusedPart = number;
    partCount = 0;
  }

  Outcome clear(long civil) {
    status = Status.INTERNAL;
    reason = 0;
    endReason = 0;
    grantKind = 0;
    position = 0;
    leaseId = 0;
    token = 0;
    units = 0;
    charged = 0;
    ttlUs = 0;
    observed = 0;
    resumed = false;
    repeated = false;
    retryAfterUs = 0;
    catalogVersion = 0;
    holderLimit = 0;
    holderTaken = 0;
    reserved = 0;
    pool = null;
    bound = null;
    refusedPart = 0;
    partCount = 0;
    civilUs = civil;
    return this;
  }

  /** Forgets what one pool answered, before another is asked in its place. */
  void again() {
    status = Status.INTERNAL;
    reason = 0;
    grantKind = 0;
    leaseId = 0;
    token = 0;
    units = 0;
    ttlUs = 0;
    observed = 0;
    resumed = false;
    retryAfterUs = 0;
    holderLimit = 0;
    holderTaken = 0;
    reserved = 0;
    pool = null;
    bound = null;
  }

  /** Replicas that answer differently have diverged even where their rows agree. */
  long checksum() {
    long hash =
        Checksum.mix(status.ordinal() * 31L + reason + observed, endReason * 31L + grantKind);
    hash = Checksum.mix(hash ^ position, leaseId ^ Long.rotateLeft(token, 32));
    hash = Checksum.mix(hash ^ units, ttlUs ^ charged);
    for (int part = 1; part < partCount; part++)
      hash = Checksum.mix(hash, parts[part - 1].checksum());
    return hash;
  }
}
