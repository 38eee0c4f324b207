package dev.tallygate.loadtest.exact;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rule "never above the limit": walks through time and adds up the units that are live for
 * certain, from the answer that acknowledged them to the first moment at which they may have come
 * back. What is uncertain is left out, so a sum above the limit is a fault beyond doubt.
 */
final class Sweep {
  private static final int NAMED_MAX = 12;

  private Sweep() {}

  private record Step(long atNs, long units, Tenure tenure) {}

  static Optional<Fault> check(PoolRule pool, Iterable<Tenure> tenures) {
    List<Step> steps = new ArrayList<>();
    for (Tenure tenure : tenures) addSteps(tenure, steps);
    steps.sort(Comparator.comparingLong(Step::atNs).thenComparingLong(Step::units));
    long live = 0;
    Set<Tenure> holding = new LinkedHashSet<>();
    for (Step step : steps) {
      live += step.units();
      if (step.units() > 0) holding.add(step.tenure());
      else if (step.tenure().chargedUnits() == 0) holding.remove(step.tenure());
      if (live > pool.limit()) return Optional.of(fault(pool, live, step, holding));
    }
    return Optional.empty();
  }

  private static void addSteps(Tenure tenure, List<Step> steps) {
    long untilNs = tenure.heldUntilNs();
    long charged = tenure.chargedUnits();
    // A call may have ended it before its answer came: then it was live for certain at no time.
    if (untilNs <= tenure.acknowledgedNs) {
      if (charged > 0) steps.add(new Step(tenure.acknowledgedNs, charged, tenure));
      return;
    }
    steps.add(new Step(tenure.acknowledgedNs, tenure.units, tenure));
    if (untilNs != Tenure.NEVER) steps.add(new Step(untilNs, charged - tenure.units, tenure));
  }

  private static Fault fault(PoolRule pool, long live, Step step, Set<Tenure> holding) {
    StringBuilder text = new StringBuilder();
    text.append(live).append(" units of ").append(pool.name());
    text.append(" are live, its limit is ").append(pool.limit());
    text.append("; the latest of them, with the time since each was acknowledged:");
    holding.stream()
        .skip(Math.max(0, holding.size() - NAMED_MAX))
        .forEach(
            each ->
                text.append(' ')
                    .append(each.leaseId)
                    .append('/')
                    .append(each.token)
                    .append(' ')
                    .append((step.atNs() - each.acknowledgedNs) / 1_000_000)
                    .append(" ms,"));
    return new Fault(Fault.Kind.OVER_GRANT, text.substring(0, text.length() - 1));
  }
}
