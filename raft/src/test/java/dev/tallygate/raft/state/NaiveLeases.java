package dev.tallygate.raft.state;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.state.NaiveState.Holding;
import dev.tallygate.raft.state.NaiveState.Org;
import dev.tallygate.raft.state.NaiveState.Standing;
import dev.tallygate.raft.state.NaiveState.Stock;
import org.jspecify.annotations.Nullable;

/**
 * The part of {@link NaiveModel} that speaks of one lease or hold: Renew, Release, Commit, Cancel,
 * Revoke.
 */
final class NaiveLeases {
  private final NaiveState state;

  NaiveLeases(NaiveState state) {
    this.state = state;
  }

  Seen touch(Call.Touch touch, long position) {
    Org org = state.asked(touch.tenant());
    if (org == null) return NaiveModel.notFound();
    Holding holding = state.holding(org, touch.lease());
    if (holding == null) return gone(position, touch.lease(), touch.token());
    Stock stock = holding.stock;
    if (!stock.dropped) state.refresh(stock);
    if (touch.token() != holding.grant.token)
      return Seen.refused(
          touch.token() < holding.grant.token
              ? RefusalReason.REFUSAL_REASON_FENCED
              : RefusalReason.REFUSAL_REASON_NOT_FOUND,
          numbers(stock));
    if (overdue(holding)) {
      state.end(holding);
      return over(holding, touch.token());
    }
    return switch (touch.verb()) {
      case RENEW -> renew(holding, touch.amount());
      case RELEASE -> release(holding);
      case COMMIT -> settle(holding, touch.amount(), EndReason.END_REASON_COMMITTED);
      case CANCEL -> settle(holding, 0, EndReason.END_REASON_CANCELLED);
    };
  }

  private boolean overdue(Holding holding) {
    return holding.standing != Standing.SETTLED && state.endsAt(holding) <= state.elapsed;
  }

  /** Every position up to now may have been a lease that is over. */
  private static Seen gone(long position, long lease, long token) {
    return lease <= 0 || lease > position
        ? NaiveModel.notFound()
        : Seen.ended(EndReason.END_REASON_FORGOTTEN, lease, token, 0, null);
  }

  private Seen.@Nullable Numbers numbers(Stock stock) {
    return stock.dropped ? null : state.numbers(stock);
  }

  private Seen over(Holding holding, long token) {
    EndReason why = holding.grant.end;
    if (why == null) throw new AssertionError("not over");
    return Seen.ended(why, holding.id, token, holding.grant.charged, numbers(holding.stock));
  }

  private Seen renew(Holding holding, long wanted) {
    Right right = holding.stock.dropped ? null : holding.stock.right();
    return switch (holding.standing) {
      case HOLD, SETTLED ->
          Seen.refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, numbers(holding.stock));
      case COOLING -> over(holding, holding.grant.token);
      case SEAT -> {
        if (right == null) throw new AssertionError("a seat without its pool");
        holding.used = state.elapsed;
        holding.wakes = Math.min(holding.wakes, state.looksAt(holding));
        yield Seen.granted(
            GrantKind.GRANT_KIND_SEAT_VALUE,
            holding.id,
            holding.grant.token,
            1,
            right.idleAfter(),
            false,
            numbers(holding.stock));
      }
      case LIVE -> {
        if (right == null) throw new AssertionError("a live lease without its pool");
        long ttl = wanted == 0 ? right.ttl() : Math.min(wanted, right.ttlMax());
        holding.ttlEnds = Math.max(holding.ttlEnds, state.elapsed + ttl);
        holding.ends = Math.max(holding.ends, holding.ttlEnds + right.grace());
        holding.wakes = Math.min(holding.wakes, holding.ends);
        yield Seen.granted(
            GrantKind.GRANT_KIND_LEASE_VALUE,
            holding.id,
            holding.grant.token,
            holding.units,
            holding.ttlEnds - state.elapsed,
            false,
            numbers(holding.stock));
      }
    };
  }

  private Seen release(Holding holding) {
    switch (holding.standing) {
      case HOLD, SEAT -> {
        return Seen.refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, numbers(holding.stock));
      }
      case LIVE -> {
        holding.grant.end = EndReason.END_REASON_RELEASED;
        long linger = holding.stock.right().linger();
        if (linger == 0) {
          state.holdings.remove(holding);
        } else {
          holding.standing = Standing.COOLING;
          holding.ends = state.elapsed + linger;
          holding.wakes = Math.min(holding.wakes, holding.ends);
        }
      }
      case COOLING, SETTLED -> {}
    }
    return over(holding, holding.grant.token);
  }

  private Seen settle(Holding holding, long units, EndReason why) {
    if (holding.standing != Standing.HOLD && holding.standing != Standing.SETTLED)
      return Seen.refused(RefusalReason.REFUSAL_REASON_WRONG_MODEL, numbers(holding.stock));
    if (holding.standing == Standing.HOLD) {
      if (units < 0 || units > holding.units)
        return Seen.refused(RefusalReason.REFUSAL_REASON_UNITS_DIFFER, numbers(holding.stock));
      state.settle(holding, units, why);
    }
    return over(holding, holding.grant.token);
  }

  Seen revoke(Call.Revoke revoke, long position) {
    Org org = state.asked(revoke.tenant());
    if (org == null) return NaiveModel.notFound();
    Holding holding = state.holding(org, revoke.lease());
    if (holding == null) return gone(position, revoke.lease(), 0);
    if (!holding.stock.dropped) state.refresh(holding.stock);
    if (overdue(holding)) {
      state.end(holding);
      return over(holding, 0);
    }
    switch (holding.standing) {
      case SEAT -> state.unassign(holding, EndReason.END_REASON_REVOKED);
      case COOLING -> {
        if (holding.stock.right().model() == Right.Model.SEATS) break;
        state.over(holding, EndReason.END_REASON_REVOKED);
        state.holdings.remove(holding);
        return Seen.ended(EndReason.END_REASON_REVOKED, holding.id, 0, 0, numbers(holding.stock));
      }
      case LIVE -> {
        state.over(holding, EndReason.END_REASON_REVOKED);
        state.holdings.remove(holding);
        return Seen.ended(EndReason.END_REASON_REVOKED, holding.id, 0, 0, numbers(holding.stock));
      }
      case HOLD -> state.settle(holding, 0, EndReason.END_REASON_REVOKED);
      case SETTLED -> {}
    }
    return over(holding, 0);
  }
}
