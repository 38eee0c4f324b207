package dev.tallygate.loadtest.exact;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rule "no acknowledged grant is lost": a call about a grant that must be live throughout the
 * call is answered as for a live one.
 */
final class Tenures {
  private static final Set<String> GIVEN_BACK = Set.of("RELEASED", "COMMITTED", "CANCELLED");

  private final Map<String, Tenure> byToken = new HashMap<>();
  private final Map<String, List<Tenure>> newByPool = new HashMap<>();
  private final Map<String, List<Tenure>> liveBySession = new HashMap<>();
  private final Map<String, String> tokenOfRequest = new HashMap<>();
  private final Map<String, String> sessionOfLease = new HashMap<>();

  /** First pass, in order of start: which grants there are. */
  void learnGrant(PoolRule pool, Invocation call, Consumer<Fault> faults) {
    if (!(call.answer() instanceof Answer.Granted granted)) return;
    if (call.op().takes()) {
      Tenure tenure =
          byToken.computeIfAbsent(
              granted.token(), token -> begin(new Tenure(pool, call, granted), faults));
      tokenOfRequest.put(call.requestId(), granted.token());
      tenure.acknowledge(call, granted);
      checkFree(call, granted, pool, faults);
    } else {
      Tenure tenure = byToken.get(call.token());
      if (tenure != null) tenure.acknowledge(call, granted);
    }
  }

  private Tenure begin(Tenure tenure, Consumer<Fault> faults) {
    String other = sessionOfLease.putIfAbsent(tenure.leaseId, tenure.session);
    boolean shared = other != null && (tenure.session.isEmpty() || !other.equals(tenure.session));
    if (shared) {
      faults.accept(new Fault(Fault.Kind.DOUBLE_EFFECT, tenure + " is also of session " + other));
    }
    newByPool.computeIfAbsent(tenure.pool.name(), key -> new ArrayList<>()).add(tenure);
    if (!tenure.session.isEmpty()) {
      liveBySession.computeIfAbsent(sessionKey(tenure), key -> new ArrayList<>()).add(tenure);
    }
    return tenure;
  }

  private static void checkFree(
      Invocation call, Answer.Granted granted, PoolRule pool, Consumer<Fault> faults) {
    if (granted.free() >= 0 && granted.free() + call.units() <= pool.limit()) return;
    faults.accept(
        new Fault(
            Fault.Kind.OVER_GRANT,
            call.units()
                + " of "
                + pool.name()
                + " with limit "
                + pool.limit()
                + " leave "
                + granted.free()
                + " free"));
  }

  /** Second pass: which calls may have ended them. */
  void learnEnd(Invocation call) {
    if (call.op().givesBack()) {
      Tenure tenure = byToken.get(call.token());
      if (tenure == null) return;
      tenure.mayEnd(call);
      if (call.answer() instanceof Answer.Ended ended) {
        tenure.endedNs = Math.min(tenure.endedNs, call.endNs());
        if (call.op().settles() && tenure.settled == null) tenure.settled = ended;
      }
    } else if (call.op().takes() && !call.session().isEmpty()) {
      learnTakeOver(call);
    }
  }

  // Another allocation of the same session takes its lease over, under a newer token.
  private void learnTakeOver(Invocation call) {
    if (isRepeat(call)) return;
    Tenure own = ownOf(call);
    for (Tenure earlier : liveOf(call)) {
      if (earlier == own || call.endNs() < earlier.acknowledgedNs) continue;
      earlier.endableFromNs = Math.min(earlier.endableFromNs, call.startNs());
      // An attempt without an answer may have done nothing: only the one that was granted came
      // after the take-over.
      boolean takenOver =
          call.answer() instanceof Answer.Granted && earlier.acknowledgedNs <= call.startNs();
      if (takenOver) earlier.endedNs = Math.min(earlier.endedNs, call.endNs());
    }
  }

  // What was acknowledged before is answered again and takes nothing over, however late it arrives.
  private boolean isRepeat(Invocation call) {
    Tenure own = ownOf(call);
    return own != null && own.acknowledgedNs <= call.startNs();
  }

  private @Nullable Tenure ownOf(Invocation call) {
    return byToken.get(tokenOfRequest.getOrDefault(call.requestId(), ""));
  }

  /** Third pass: whether each answer fits. */
  void check(Invocation call, Consumer<Fault> faults) {
    if (call.answer() instanceof Answer.Rejected rejected) {
      wrong(faults, call.op() + " in " + call.pool() + " ended with status " + rejected.status());
    }
    switch (call.op()) {
      case ALLOCATE, HOLD -> checkTaking(call, faults);
      case RENEW -> checkRenewal(call, faults);
      case RELEASE, COMMIT, CANCEL -> checkGivingBack(call, faults);
    }
  }

  private void checkTaking(Invocation call, Consumer<Fault> faults) {
    Tenure own = ownOf(call);
    switch (call.answer()) {
      case Answer.Granted granted -> {
        if (own != null && own.endedNs < call.startNs()) {
          wrong(faults, own + " had ended, and a repeated request was answered as live");
        }
      }
      case Answer.Ended ended -> {
        if (own != null && own.livesThrough(call)) {
          lost(faults, own + ": a repeated request was answered " + ended.reason());
        }
      }
      case Answer.Refused refused -> {
        if (!refused.reason().equals("EXHAUSTED")) {
          wrong(faults, "request " + call.requestId() + " was refused " + refused.reason());
        }
      }
      case Answer.Unknown unknown -> {}
      case Answer.Rejected rejected -> {}
    }
    if (!call.session().isEmpty() && !isRepeat(call)) checkResumption(call, own, faults);
  }

  // The calls of one session follow each other, so an earlier lease of it that must have been live
  // when the call began is what the call is about: it is taken over, and no second unit is.
  private void checkResumption(Invocation call, @Nullable Tenure own, Consumer<Fault> faults) {
    for (Tenure earlier : liveOf(call)) {
      if (earlier == own || !livesUntilTakenOver(earlier, call)) continue;
      if (call.answer() instanceof Answer.Refused refused) {
        lost(faults, earlier + ": the session's next allocation was refused " + refused.reason());
      } else if (call.answer() instanceof Answer.Granted granted && !takesOver(granted, earlier)) {
        lost(faults, earlier + ": the session's next allocation took another unit");
      }
    }
  }

  // A repeated request is answered by its lease and token; how it came to them is not told again.
  private static boolean takesOver(Answer.Granted granted, Tenure earlier) {
    return granted.resumed() || granted.leaseId().equals(earlier.leaseId);
  }

  private static boolean livesUntilTakenOver(Tenure earlier, Invocation call) {
    return earlier.acknowledgedNs <= call.startNs()
        && call.endNs() < earlier.certainUntilNs
        && earlier.endableFromNs >= call.startNs();
  }

  private void checkRenewal(Invocation call, Consumer<Fault> faults) {
    Tenure tenure = byToken.get(call.token());
    if (tenure == null) return;
    boolean refusal =
        call.answer() instanceof Answer.Ended || call.answer() instanceof Answer.Refused;
    if (refusal && tenure.livesThrough(call)) {
      lost(faults, tenure + ": renewal was answered " + call.answer());
    } else if (call.answer() instanceof Answer.Granted && tenure.endedNs < call.startNs()) {
      wrong(faults, tenure + " had ended, and was renewed");
    }
  }

  private void checkGivingBack(Invocation call, Consumer<Fault> faults) {
    Tenure tenure = byToken.get(call.token());
    if (tenure == null) return;
    boolean early = call.endNs() < tenure.certainUntilNs && tenure.endableFromNs >= call.startNs();
    switch (call.answer()) {
      case Answer.Refused refused -> {
        if (early) lost(faults, tenure + ": " + call.op() + " was refused " + refused.reason());
      }
      case Answer.Ended ended -> {
        if (early && !GIVEN_BACK.contains(ended.reason())) {
          lost(faults, tenure + ": " + call.op() + " found it " + ended.reason());
        }
        if (call.op().settles()) checkSettlement(call, tenure, ended, faults);
      }
      case Answer.Granted granted -> wrong(faults, tenure + ": " + call.op() + " was granted");
      case Answer.Unknown unknown -> {}
      case Answer.Rejected rejected -> {}
    }
  }

  private static void checkSettlement(
      Invocation call, Tenure tenure, Answer.Ended ended, Consumer<Fault> faults) {
    Answer.Ended first = tenure.settled;
    if (first != null
        && (first.charged() != ended.charged() || !first.reason().equals(ended.reason()))) {
      faults.accept(
          new Fault(
              Fault.Kind.DOUBLE_EFFECT, tenure + " was settled as " + first + " and as " + ended));
    }
    if (ended.charged() < 0 || ended.charged() > tenure.units) {
      wrong(faults, tenure + ": " + call.op() + " charged " + ended.charged());
    }
  }

  /** Hands over the grants of a pool that were not handed over before. */
  void drainNew(String pool, Consumer<Tenure> consumer) {
    List<Tenure> fresh = newByPool.remove(pool);
    if (fresh != null) fresh.forEach(consumer);
  }

  /** Forgets which sessions have leases that no later call can speak of. */
  void forgetEnded(long beforeNs) {
    Set<String> empty = new HashSet<>();
    liveBySession.forEach(
        (session, tenures) -> {
          tenures.removeIf(tenure -> tenure.heldUntilNs() < beforeNs);
          if (tenures.isEmpty()) empty.add(session);
        });
    liveBySession.keySet().removeAll(empty);
  }

  private List<Tenure> liveOf(Invocation call) {
    return liveBySession.getOrDefault(call.pool() + " " + call.session(), List.of());
  }

  private static String sessionKey(Tenure tenure) {
    return tenure.pool.name() + " " + tenure.session;
  }

  private static void lost(Consumer<Fault> faults, String text) {
    faults.accept(new Fault(Fault.Kind.LOST_GRANT, text));
  }

  private static void wrong(Consumer<Fault> faults, String text) {
    faults.accept(new Fault(Fault.Kind.WRONG_ANSWER, text));
  }
}
