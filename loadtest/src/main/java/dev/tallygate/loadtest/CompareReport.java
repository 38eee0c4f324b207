package dev.tallygate.loadtest;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tallygate.loadtest.drive.Series;
import dev.tallygate.loadtest.peer.NodeFsyncs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a comparison found, in the shape of its JSON.
 *
 * @param inFlight by the number of calls in flight, then by contestant
 * @param ratios our rate over each peer's, with everything in flight
 * @param p50RatiosAt1 our p50 over each peer's, with one call in flight
 * @param fsync by contestant: each node's setting, and its synchronizations during the measured
 *     slices with everything in flight
 * @param raftLog how the log grew while refusals were answered; only of the workload refuse
 * @param leaders the address that took all calls
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record CompareReport(
    String workload,
    String what,
    ComparePlanReport plan,
    Map<String, Map<String, Figures>> inFlight,
    Map<String, Double> ratios,
    Map<String, Double> p50RatiosAt1,
    Map<String, List<NodeFsyncs>> fsync,
    Map<String, String> leaders,
    LogGrowth.@Nullable Report raftLog,
    Machine machine) {

  /**
   * @param rate counted answers a second: the median over the slices
   * @param slices the rate of each
   * @param others answers and errors that were not counted, by name
   */
  record Figures(
      double rate, double p50Us, double p99Us, List<Double> slices, Map<String, Long> others) {
    static Figures of(Series series) {
      return new Figures(
          rounded(series.rate()),
          rounded(series.latencyUs(50)),
          rounded(series.latencyUs(99)),
          series.rates().stream().map(CompareReport::rounded).toList(),
          series.others());
    }
  }

  /** Durations in seconds. */
  record ComparePlanReport(
      int connections,
      int inFlight,
      double warmUpS,
      double peerWarmUpS,
      int rounds,
      double sliceS,
      double singleSliceS) {
    static ComparePlanReport of(ComparePlan plan) {
      return new ComparePlanReport(
          plan.connections(),
          plan.inFlight(),
          plan.warmUp().toMillis() / 1e3,
          plan.peerWarmUp().toMillis() / 1e3,
          plan.rounds(),
          plan.slice().toMillis() / 1e3,
          plan.singleSlice().toMillis() / 1e3);
    }
  }

  record Machine(String os, int processors, String java) {
    static Machine here() {
      return new Machine(
          System.getProperty("os.name") + " " + System.getProperty("os.version"),
          Runtime.getRuntime().availableProcessors(),
          System.getProperty("java.vm.version"));
    }
  }

  /**
   * @param contestants ours first; the others are what it is compared with
   */
  static CompareReport of(
      String workload,
      String what,
      ComparePlan plan,
      List<Contestant> contestants,
      Map<String, List<NodeFsyncs>> fsync,
      LogGrowth.@Nullable Report raftLog) {
    Map<String, Figures> many = new LinkedHashMap<>();
    Map<String, Figures> one = new LinkedHashMap<>();
    Map<String, Double> ratios = new LinkedHashMap<>();
    Map<String, Double> p50Ratios = new LinkedHashMap<>();
    Map<String, String> leaders = new LinkedHashMap<>();
    Contestant ours = contestants.getFirst();
    for (Contestant each : contestants) {
      many.put(each.name(), Figures.of(each.many()));
      one.put(each.name(), Figures.of(each.one()));
      leaders.put(each.name(), each.address());
      if (each == ours) continue;
      ratios.put(each.name(), ratio(ours.many().rate(), each.many().rate()));
      p50Ratios.put(each.name(), ratio(ours.one().latencyUs(50), each.one().latencyUs(50)));
    }
    Map<String, Map<String, Figures>> inFlight = new LinkedHashMap<>();
    inFlight.put(Integer.toString(plan.inFlight()), many);
    inFlight.put("1", one);
    return new CompareReport(
        workload,
        what,
        ComparePlanReport.of(plan),
        inFlight,
        ratios,
        p50Ratios,
        fsync,
        leaders,
        raftLog,
        Machine.here());
  }

  /** To three digits behind the point; NaN where there is nothing to divide by. */
  static double ratio(double ours, double theirs) {
    return theirs == 0 ? Double.NaN : Math.round(ours / theirs * 1e3) / 1e3;
  }

  private static double rounded(double value) {
    return Math.round(value * 10) / 10.0;
  }

  /** The one line for the terminal. */
  String line() {
    String most = inFlight.keySet().iterator().next();
    Figures many = first(most);
    Figures one = first("1");
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "%s: %,.0f/s at %s in flight (p50 %,.0f us, p99 %,.0f us), p50 %,.0f us and p99 %,.0f us at 1",
            workload,
            many.rate(),
            most,
            many.p50Us(),
            many.p99Us(),
            one.p50Us(),
            one.p99Us()));
    ratios.forEach(
        (peer, ratio) ->
            line.append(
                String.format(
                    Locale.ROOT,
                    "; %.2f x %s's rate, %.2f x its p50 at 1",
                    ratio,
                    peer,
                    p50RatiosAt1.getOrDefault(peer, Double.NaN))));
    return line.toString();
  }

  private Figures first(String concurrency) {
    return inFlight.getOrDefault(concurrency, Map.of()).values().iterator().next();
  }
}
