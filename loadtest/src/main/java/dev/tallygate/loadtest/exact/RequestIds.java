package dev.tallygate.loadtest.exact;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rule "one id, one effect". A grant under an id is one grant for ever; a refusal that went
 * through the log (a second or later attempt) is final; a first attempt may be refused without a
 * trace, so that a later attempt may still be granted, and the caller believes the later one.
 */
final class RequestIds {
  private final Map<String, Outcome> outcomes = new HashMap<>();
  private final Map<String, String> idOfToken = new HashMap<>();

  /** What is known of one id. */
  static final class Outcome {
    final String pool;
    final long units;
    @Nullable String leaseId;
    @Nullable String token;
    long grantedNs = Tenure.NEVER;
    boolean refusedForGood;
    boolean open = true;

    Outcome(Invocation call) {
      this.pool = call.pool();
      this.units = call.units();
    }
  }

  /** Takes note of a taking call. Calls may come in any order. */
  void learn(Invocation call, Consumer<Fault> faults) {
    Outcome outcome = outcomes.computeIfAbsent(call.requestId(), id -> new Outcome(call));
    switch (call.answer()) {
      case Answer.Granted granted -> granted(call, outcome, granted, faults);
      case Answer.Refused refused -> {
        outcome.open = false;
        outcome.refusedForGood |= call.attempt() > 1;
      }
      case Answer.Ended ended -> ended(call, outcome, ended, faults);
      case Answer.Unknown unknown -> {}
      case Answer.Rejected rejected -> {}
    }
  }

  private void granted(
      Invocation call, Outcome outcome, Answer.Granted granted, Consumer<Fault> faults) {
    outcome.open = false;
    if ((outcome.token != null && !outcome.token.equals(granted.token()))
        || (outcome.leaseId != null && !outcome.leaseId.equals(granted.leaseId()))) {
      doubled(
          faults,
          call,
          "granted as lease "
              + outcome.leaseId
              + " token "
              + outcome.token
              + " and as lease "
              + granted.leaseId()
              + " token "
              + granted.token());
    }
    outcome.token = granted.token();
    outcome.leaseId = granted.leaseId();
    outcome.grantedNs = Math.min(outcome.grantedNs, call.endNs());
    String other = idOfToken.putIfAbsent(granted.token(), call.requestId());
    if (other != null && !other.equals(call.requestId())) {
      doubled(faults, call, "has token " + granted.token() + " of request " + other);
    }
  }

  private void ended(Invocation call, Outcome outcome, Answer.Ended ended, Consumer<Fault> faults) {
    outcome.open = false;
    if (outcome.leaseId != null && !outcome.leaseId.equals(ended.leaseId())) {
      doubled(
          faults, call, "granted as lease " + outcome.leaseId + " and ended as " + ended.leaseId());
    }
    outcome.leaseId = ended.leaseId();
  }

  /** Holds a taking call against all that is known; after {@link #learn} of all of them. */
  void check(Invocation call, Consumer<Fault> faults) {
    if (!(call.answer() instanceof Answer.Refused refused)) return;
    Outcome outcome = outcomes.get(call.requestId());
    if (outcome == null || outcome.leaseId == null) return;
    boolean afterGrant = outcome.grantedNs <= call.startNs();
    if (call.attempt() > 1 || afterGrant) {
      doubled(
          faults,
          call,
          "granted as lease "
              + outcome.leaseId
              + ", and attempt "
              + call.attempt()
              + " was refused "
              + refused.reason());
    }
  }

  /** All ids, with what became of them. */
  Map<String, Outcome> outcomes() {
    return outcomes;
  }

  private static void doubled(Consumer<Fault> faults, Invocation call, String what) {
    faults.accept(
        new Fault(
            Fault.Kind.DOUBLE_EFFECT,
            "request " + call.requestId() + " in " + call.pool() + " " + what));
  }
}
