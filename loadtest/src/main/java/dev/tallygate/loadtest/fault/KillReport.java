package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.exact.Fault;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run of kills found, in the shape of its JSON.
 *
 * @param calls made, retries and copies included
 * @param ids request ids used
 * @param granted ids that were granted
 * @param unanswered ids without any answer, for all their retries
 * @param ledgerRecords recounted
 * @param faults by kind; every kind is named, all zero in a good run
 * @param first the first contradictions in words
 */
public record KillReport(
    long seed,
    int rounds,
    int kills,
    long calls,
    long ids,
    long granted,
    long unanswered,
    long ledgerRecords,
    double seconds,
    Map<Fault.Kind, Integer> faults,
    List<String> first) {
  static final int FIRST_MAX = 20;

  static Map<Fault.Kind, Integer> count(List<Fault> faults) {
    Map<Fault.Kind, Integer> counts = new EnumMap<>(Fault.Kind.class);
    for (Fault.Kind kind : Fault.Kind.values()) counts.put(kind, 0);
    faults.forEach(fault -> counts.merge(fault.kind(), 1, Integer::sum));
    return counts;
  }

  static List<String> first(List<Fault> faults) {
    return faults.stream()
        .limit(FIRST_MAX)
        .map(fault -> fault.kind() + ": " + fault.text())
        .toList();
  }

  public boolean clean() {
    return faults.values().stream().allMatch(count -> count == 0);
  }

  /** The verdict in one line. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%s: seed %d, %d rounds, %d kills, %,d calls, %,d ids (%,d granted, %d unanswered), %,d"
            + " ledger records; over-grants %d, lost grants %d, double effects %d, wrong answers %d,"
            + " inexact %d, replicas %d, ledger %d",
        clean() ? "EXACT" : "NOT EXACT",
        seed,
        rounds,
        kills,
        calls,
        ids,
        granted,
        unanswered,
        ledgerRecords,
        faults.getOrDefault(Fault.Kind.OVER_GRANT, 0),
        faults.getOrDefault(Fault.Kind.LOST_GRANT, 0),
        faults.getOrDefault(Fault.Kind.DOUBLE_EFFECT, 0),
        faults.getOrDefault(Fault.Kind.WRONG_ANSWER, 0),
        faults.getOrDefault(Fault.Kind.NOT_EXACT, 0),
        faults.getOrDefault(Fault.Kind.REPLICAS_DIFFER, 0),
        faults.getOrDefault(Fault.Kind.LEDGER, 0));
  }
}
