package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.Generator;
import dev.tallygate.loadtest.drive.Slice;
import dev.tallygate.loadtest.peer.NodeFsyncs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Warms everyone up and measures them in turns: A B C A B C …, first with everything in flight,
 * then with one call. The machine is shared and its speed drifts; turns let the drift hit all
 * alike.
 */
final class CompareRun {
  private final ComparePlan plan;
  private final List<Contestant> contestants;
  private final Consumer<String> progress;

  /**
   * @param contestants ours first: it gets the long warm-up
   * @param progress takes a line for the terminal
   */
  CompareRun(ComparePlan plan, List<Contestant> contestants, Consumer<String> progress) {
    this.plan = plan;
    this.contestants = contestants;
    this.progress = progress;
  }

  /**
   * Runs it all and returns what each node synchronized while it was measured with everything in
   * flight.
   */
  Map<String, List<NodeFsyncs>> run(Generator generator) throws InterruptedException {
    warmUp(generator);
    Map<String, List<NodeFsyncs>> before = fsyncs();
    for (int round = 1; round <= plan.rounds(); round++) {
      for (Contestant contestant : contestants) {
        report(contestant, round, plan.inFlight(), contestant.measureMany(generator, plan));
      }
    }
    Map<String, List<NodeFsyncs>> during = since(before);
    for (int round = 1; round <= plan.rounds(); round++) {
      for (Contestant contestant : contestants) {
        report(contestant, round, 1, contestant.measureOne(generator, plan));
      }
    }
    contestants.forEach(Contestant::close);
    return during;
  }

  private void warmUp(Generator generator) throws InterruptedException {
    for (int turn = 1; turn <= plan.warmUpTurns(); turn++) {
      for (Contestant contestant : contestants) {
        var length = contestant == contestants.getFirst() ? plan.warmUp() : plan.peerWarmUp();
        if (length.isZero()) continue;
        Slice slice = contestant.warmUp(generator, plan, length.dividedBy(plan.warmUpTurns()));
        progress.accept(
            String.format(
                Locale.ROOT,
                "warm-up %d/%d  %-10s %,9.0f/s%s",
                turn,
                plan.warmUpTurns(),
                contestant.name(),
                slice.rate(),
                others(slice)));
      }
    }
  }

  private void report(Contestant contestant, int round, int inFlight, Slice slice) {
    progress.accept(
        String.format(
            Locale.ROOT,
            "round %d/%d  %-10s %,9.0f/s at %d in flight  p50 %,.0f us  p99 %,.0f us%s",
            round,
            plan.rounds(),
            contestant.name(),
            slice.rate(),
            inFlight,
            slice.latencyUs(50),
            slice.latencyUs(99),
            others(slice)));
  }

  private static String others(Slice slice) {
    return slice.others().isEmpty() ? "" : "  not counted: " + slice.others();
  }

  private Map<String, List<NodeFsyncs>> fsyncs() throws InterruptedException {
    Map<String, List<NodeFsyncs>> all = new LinkedHashMap<>();
    for (Contestant contestant : contestants)
      all.put(contestant.name(), contestant.peer().fsyncs());
    return all;
  }

  private Map<String, List<NodeFsyncs>> since(Map<String, List<NodeFsyncs>> before)
      throws InterruptedException {
    Map<String, List<NodeFsyncs>> during = fsyncs();
    during.replaceAll((name, nodes) -> difference(nodes, before.getOrDefault(name, List.of())));
    return during;
  }

  static List<NodeFsyncs> difference(List<NodeFsyncs> after, List<NodeFsyncs> before) {
    return after.stream()
        .map(
            node ->
                new NodeFsyncs(node.node(), node.setting(), node.count() - countOf(node, before)))
        .toList();
  }

  private static long countOf(NodeFsyncs node, List<NodeFsyncs> before) {
    return before.stream()
        .filter(earlier -> earlier.node().equals(node.node()))
        .mapToLong(NodeFsyncs::count)
        .findFirst()
        .orElse(0);
  }
}
