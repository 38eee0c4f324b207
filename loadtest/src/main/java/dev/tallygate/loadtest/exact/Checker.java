package dev.tallygate.loadtest.exact;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The oracle of exactness: takes everything that callers saw and says where it contradicts the
 * contract. Knows nothing of the server but what its answers say. Pure; confined to one thread.
 *
 * <p>Calls are handed over in batches, each at a moment without calls under way, so that a batch
 * holds all calls that overlap one another.
 */
public final class Checker {
  // Approach: three passes over a batch (which grants there are, what may have ended them, whether
  // each answer fits), then a sweep over each pool that was touched. The alternative, searching for
  // some order of all calls that a sequential model accepts (linearizability), is exponential in
  // overlapping calls; the properties promised are about sums and single leases and can be decided
  // from bounds in time. The price: an over-grant that lasts only while all its calls are uncertain
  // is not seen here. The ledger, which has an order, is recounted for that.
  private final Map<String, PoolRule> rules = new HashMap<>();
  private final Map<String, Map<String, Tenure>> tenuresByPool = new HashMap<>();
  private final RequestIds requestIds = new RequestIds();
  private final Tenures tenures = new Tenures();

  public void addPool(PoolRule rule) {
    rules.put(rule.name(), rule);
  }

  /**
   * Takes the next batch.
   *
   * @return what is wrong, in this batch alone; empty if nothing is
   */
  public List<Fault> check(Collection<Invocation> batch) {
    List<Invocation> calls = new ArrayList<>(batch);
    calls.sort(Comparator.comparingLong(Invocation::startNs));
    List<Fault> faults = new ArrayList<>();
    for (Invocation call : calls) {
      if (call.op().takes()) requestIds.learn(call, faults::add);
      tenures.learnGrant(rule(call.pool()), call, faults::add);
    }
    calls.forEach(tenures::learnEnd);
    for (Invocation call : calls) {
      if (call.op().takes()) requestIds.check(call, faults::add);
      tenures.check(call, faults::add);
    }
    Set<String> touched = new LinkedHashSet<>();
    calls.forEach(call -> touched.add(call.pool()));
    for (String pool : touched) sweep(rule(pool), faults);
    if (!calls.isEmpty()) forget(calls.getFirst().startNs());
    return faults;
  }

  private void sweep(PoolRule rule, List<Fault> faults) {
    Sweep.check(rule, tenuresOf(rule.name()).values()).ifPresent(faults::add);
  }

  private Map<String, Tenure> tenuresOf(String pool) {
    Map<String, Tenure> known = tenuresByPool.computeIfAbsent(pool, name -> new LinkedHashMap<>());
    tenures.drainNew(pool, tenure -> known.put(tenure.token, tenure));
    return known;
  }

  // A lease that was over before this batch began adds to no sum of the next one. A meter forgets
  // nothing.
  private void forget(long beforeNs) {
    for (Map<String, Tenure> known : tenuresByPool.values()) {
      known.values().removeIf(each -> each.pool.sessions() && each.heldUntilNs() < beforeNs);
    }
    tenures.forgetEnded(beforeNs);
  }

  private PoolRule rule(String pool) {
    PoolRule rule = rules.get(pool);
    if (rule == null) throw new IllegalArgumentException("no rule for pool `" + pool + "`");
    return rule;
  }

  /**
   * What is taken of a meter for good.
   *
   * @param least units that are certainly charged or on hold
   * @param most the same and all that may be
   */
  public record Taken(long least, long most) {}

  public Taken taken(String pool) {
    long least = 0;
    long most = 0;
    for (Tenure tenure : tenuresOf(pool).values()) {
      boolean untouched = tenure.endableFromNs == Tenure.NEVER;
      least += untouched ? tenure.units : tenure.chargedUnits();
      most += tenure.settled == null ? tenure.units : tenure.settled.charged();
    }
    for (RequestIds.Outcome outcome : requestIds.outcomes().values()) {
      if (outcome.open && outcome.pool.equals(pool)) most += outcome.units;
    }
    return new Taken(least, most);
  }

  /** Of a meter that has just refused a single unit: whether it was spent exactly to its limit. */
  public List<Fault> checkSpent(String pool) {
    long limit = rule(pool).limit();
    Taken taken = taken(pool);
    if (taken.least() <= limit && limit <= taken.most()) return List.of();
    String text =
        "of " + pool + " with limit " + limit + " " + taken + " are taken, and it is exhausted";
    Fault.Kind kind = taken.least() > limit ? Fault.Kind.OVER_GRANT : Fault.Kind.NOT_EXACT;
    return List.of(new Fault(kind, text));
  }

  /** What callers know of one request id. */
  public record Known(
      String pool,
      long units,
      @Nullable String leaseId,
      @Nullable String token,
      boolean refusedForGood) {
    /** Whether a caller was told that it was granted. */
    public boolean granted() {
      return leaseId != null;
    }
  }

  /** What callers know of a request id, or null for one that nobody sent. */
  public @Nullable Known known(String requestId) {
    RequestIds.Outcome outcome = requestIds.outcomes().get(requestId);
    return outcome == null ? null : known(outcome);
  }

  private static Known known(RequestIds.Outcome outcome) {
    return new Known(
        outcome.pool, outcome.units, outcome.leaseId, outcome.token, outcome.refusedForGood);
  }

  /** All ids of which a caller was told that they were granted. */
  public List<String> grantedIds() {
    return requestIds.outcomes().entrySet().stream()
        .filter(entry -> entry.getValue().leaseId != null)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Ids without any answer, ever. */
  public long openIds() {
    return requestIds.outcomes().values().stream().filter(outcome -> outcome.open).count();
  }

  public long ids() {
    return requestIds.outcomes().size();
  }
}
