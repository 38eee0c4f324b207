package dev.tallygate.loadtest.exact;

import org.jspecify.annotations.Nullable;

/**
 * What is known for certain of one grant, from the first answer that acknowledged it. A resumed
 * session is a tenure of its own, under its own token.
 */
final class Tenure {
  static final long NEVER = Long.MAX_VALUE;

  final PoolRule pool;
  final String session;
  final String leaseId;
  final String token;
  final long units;
  final boolean hold;

  /** When the first acknowledgement arrived: live from here on. */
  long acknowledgedNs = NEVER;

  /** Live at least until here, as far as time goes; the server may only be later. */
  long certainUntilNs;

  /** Start of the first call that may have ended it: until then nobody gave it back. */
  long endableFromNs = NEVER;

  /** Arrival of the first answer that said it had ended. */
  long endedNs = NEVER;

  /** How it was settled, by the first answer that said so. */
  Answer.@Nullable Ended settled;

  /** The least that stays charged of a hold once it may have been settled. */
  long chargedAtLeast;

  Tenure(PoolRule pool, Invocation call, Answer.Granted granted) {
    this.pool = pool;
    this.session = call.session();
    this.leaseId = granted.leaseId();
    this.token = granted.token();
    this.units = call.units();
    this.hold = call.op() == Op.HOLD;
    this.chargedAtLeast = units;
  }

  /** An answer that says it lives. */
  void acknowledge(Invocation call, Answer.Granted granted) {
    acknowledgedNs = Math.min(acknowledgedNs, call.endNs());
    // A hold that lapses is charged and a receipt never comes back: for a meter only a settlement
    // gives units back.
    // A session in its grace has nothing left of its ttl.
    long until = pool.sessions() || hold ? call.startNs() + granted.ttlNs() : NEVER;
    certainUntilNs = Math.max(certainUntilNs, until);
  }

  /** A call that may end it, now or when it arrives late. */
  void mayEnd(Invocation call) {
    endableFromNs = Math.min(endableFromNs, call.startNs());
    if (call.op() == Op.COMMIT) chargedAtLeast = Math.min(chargedAtLeast, call.units());
    if (call.op() == Op.CANCEL) chargedAtLeast = 0;
  }

  /** Whether it must have been live during the whole call. */
  boolean livesThrough(Invocation call) {
    return acknowledgedNs <= call.startNs()
        && call.endNs() < certainUntilNs
        && call.endNs() < endableFromNs;
  }

  /** When its units may first have been given back. */
  long heldUntilNs() {
    if (!pool.sessions()) return endableFromNs;
    return Math.min(endableFromNs, certainUntilNs);
  }

  /** What is taken for good once {@link #heldUntilNs} has passed. */
  long chargedUnits() {
    if (pool.sessions()) return 0;
    return settled == null ? chargedAtLeast : settled.charged();
  }

  @Override
  public String toString() {
    return "lease " + leaseId + " token " + token + " of " + units + " in " + pool.name();
  }
}
