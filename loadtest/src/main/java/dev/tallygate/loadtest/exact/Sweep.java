package dev.tallygate.loadtest.exact;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The rule "never above the limit": walks through time and adds up the units that are live for
 * certain, from the answer that acknowledged them to the first moment at which they may have come
 * back. What is uncertain is left out, so a sum above the limit is a fault beyond doubt.
 */
final class Sweep {
  private Sweep() {}

  private record Step(long atNs, long units) {}

  static Optional<Fault> check(PoolRule pool, Iterable<Tenure> tenures) {
    List<Step> steps = new ArrayList<>();
    for (Tenure tenure : tenures) {
      long untilNs = tenure.heldUntilNs();
      // A call may have ended it before its answer came: then there is no time at which it was live
      // for certain.
      if (untilNs > tenure.acknowledgedNs) {
        steps.add(new Step(tenure.acknowledgedNs, tenure.units));
        if (untilNs != Tenure.NEVER)
          steps.add(new Step(untilNs, tenure.chargedUnits() - tenure.units));
      } else if (tenure.chargedUnits() > 0) {
        steps.add(new Step(tenure.acknowledgedNs, tenure.chargedUnits()));
      }
    }
    steps.sort(Comparator.comparingLong(Step::atNs).thenComparingLong(Step::units));
    long live = 0;
    for (Step step : steps) {
      live += step.units();
      if (live <= pool.limit()) continue;
      String text = live + " units of " + pool.name() + " are live, its limit is " + pool.limit();
      return Optional.of(new Fault(Fault.Kind.OVER_GRANT, text));
    }
    return Optional.empty();
  }
}
