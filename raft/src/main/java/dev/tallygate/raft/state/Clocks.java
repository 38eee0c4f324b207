package dev.tallygate.raft.state;

/**
 * The two clocks of the cluster, moved by apply from what the leader stamped into the entry.
 * Microseconds.
 *
 * <p>{@code elapsed} measures how long sessions and windows last. It never runs faster than real
 * time: it grows by the difference of two readings of one leader's monotonic clock, by at most two
 * ticks at once, and not at all over a change of term. An outage costs no session any of its time.
 *
 * <p>{@code civil} is the wall clock. It never goes back, and leads the last median of a majority's
 * clocks by no more than the time since plus a bound; in a term that has no median yet it stands
 * still.
 */
final class Clocks {
  private long elapsedUs;
  private long civilUs;
  private long term;
  private long monotonicUs;
  private boolean medianKnown;
  private long medianUs;
  private long medianAtMonotonicUs;

  long elapsedUs() {
    return elapsedUs;
  }

  long civilUs() {
    return civilUs;
  }

  /**
   * False until a median of this term has been applied: the civil clock stands still and nothing
   * may be judged by it.
   */
  boolean medianKnown() {
    return medianKnown;
  }

  void advance(long entryTerm, EntryHeader header, long tickUs, long leadUs) {
    long reading = header.monotonicUs();
    if (entryTerm != term) {
      term = entryTerm;
      medianKnown = false;
    } else {
      // A batch may be stamped before and logged after another: such a reading is behind, and moves
      // nothing.
      elapsedUs += Math.clamp(reading - monotonicUs, 0, 2 * tickUs);
      reading = Math.max(reading, monotonicUs);
    }
    monotonicUs = reading;
    if (header.hasMedian()) {
      medianKnown = true;
      medianUs = header.medianUs();
      medianAtMonotonicUs = header.medianAtMonotonicUs();
    }
    if (!medianKnown) return;
    long bound = medianUs + Math.max(0, reading - medianAtMonotonicUs) + leadUs;
    civilUs = Math.max(civilUs, Math.min(header.wallUs(), bound));
  }

  void writeTo(Bytes row) {
    row.addLong(elapsedUs)
        .addLong(civilUs)
        .addLong(term)
        .addLong(monotonicUs)
        .addLong(medianKnown ? 1 : 0);
    row.addLong(medianUs).addLong(medianAtMonotonicUs);
  }

  /** Returns the offset behind what was read. */
  int readFrom(Bytes row, int offset) {
    elapsedUs = row.getLong(offset);
    civilUs = row.getLong(offset + 8);
    term = row.getLong(offset + 16);
    monotonicUs = row.getLong(offset + 24);
    medianKnown = row.getLong(offset + 32) != 0;
    medianUs = row.getLong(offset + 40);
    medianAtMonotonicUs = row.getLong(offset + 48);
    return offset + 56;
  }
}
