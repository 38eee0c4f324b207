package dev.tallygate.server;

import dev.tallygate.server.config.ClockConfig;
import dev.tallygate.server.grpc.Consensus;
import dev.tallygate.server.grpc.NodeClock;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Knows the median of the voters' wall clocks. Any thread; lives as long as the node.
 *
 * <p>A round asks every other voter for its clock and takes each answer as of half its round trip
 * ago. Once a majority, this node included, is known, the median is confirmed: by a majority, so
 * that no minority of wrong clocks can move it, and without waiting for a voter that is down; the
 * answers that come later make it better. A median counts for the term in which its round began.
 */
final class ClusterClock implements NodeClock {
  static final int KIND = 16;

  /**
   * What was confirmed.
   *
   * @param medianUs the median of the wall clocks when this node's monotonic clock stood at {@code
   *     atMonotonicUs}
   * @param offsetUs the median less this node's wall clock
   */
  record Median(long term, long medianUs, long atMonotonicUs, long offsetUs) {}

  private static final byte[] QUESTION = {};

  private final Consensus consensus;
  private final TimeSource time;
  private final ClockConfig config;
  private final List<String> others;
  private final int majority;
  private volatile @Nullable Median last;

  /**
   * @param others the other voters
   */
  ClusterClock(Consensus consensus, TimeSource time, ClockConfig config, List<String> others) {
    this.consensus = consensus;
    this.time = time;
    this.config = config;
    this.others = List.copyOf(others);
    majority = (others.size() + 1) / 2 + 1;
  }

  /** Registers the answering side; before consensus starts. */
  void answerQuestions() {
    consensus.handle(
        KIND,
        (from, question, deadlineNs) ->
            CompletableFuture.completedFuture(
                ByteBuffer.allocate(Long.BYTES).putLong(time.wallUs()).array()));
  }

  /** Begins a round; does not wait for it. */
  void ask() {
    Round round = new Round(consensus.term());
    round.confirmIfMajority();
    for (String peer : others) {
      long sentNs = time.monotonicNs();
      var unused =
          consensus
              .ask(peer, KIND, QUESTION, config.roundTripMsMax())
              .thenAccept(answer -> round.answered(answer, sentNs))
              .exceptionally(down -> null);
    }
  }

  /** The median confirmed in this term; null before the first. */
  @Nullable Median median(long term) {
    Median median = last;
    return median != null && median.term() == term ? median : null;
  }

  /** The last median less this node's wall clock, in microseconds; 0 before the first. */
  long offsetUs() {
    Median median = last;
    return median == null ? 0 : median.offsetUs();
  }

  @Override
  public long monotonicNs() {
    return time.monotonicNs();
  }

  @Override
  public long civilUs() {
    Median median = last;
    if (median == null) return time.wallUs();
    return median.medianUs() + time.monotonicNs() / 1_000 - median.atMonotonicUs();
  }

  @Override
  public boolean confirmed() {
    return last != null;
  }

  /** One round; answers come on any thread. */
  private final class Round {
    private final long term;
    private final long[] offsets = new long[others.size() + 1];
    private int known = 1; // This node's own, which is 0.

    Round(long term) {
      this.term = term;
    }

    synchronized void answered(byte[] answer, long sentNs) {
      long roundTripNs = time.monotonicNs() - sentNs;
      if (answer.length != Long.BYTES
          || roundTripNs > config.roundTripMsMax() * 1_000_000L
          || known == offsets.length) return;
      long wallThere = ByteBuffer.wrap(answer).getLong() + roundTripNs / 2_000;
      offsets[known++] = wallThere - time.wallUs();
      confirmIfMajority();
    }

    synchronized void confirmIfMajority() {
      if (known < majority) return;
      long[] sorted = Arrays.copyOf(offsets, known);
      Arrays.sort(sorted);
      // Of an even number the lower one: the civil clock may limp, it must not lead.
      long offsetUs = sorted[(known - 1) / 2];
      last = new Median(term, time.wallUs() + offsetUs, time.monotonicNs() / 1_000, offsetUs);
    }
  }
}
