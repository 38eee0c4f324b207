package dev.tallygate.raft.state;

/**
 * How far beyond its limit a pool may go, and for how long. It begins with the first unit that is
 * taken beyond the limit and is over when the last of them is back: until then its time runs, on
 * the civil clock. Immutable.
 */
final class Overage {
  /** Bound on {@code percent}, so that no product with a limit can overflow. */
  static final int PERCENT_MAX = 1_000;

  private static final int HUNDRED = 100;

  private final dev.tallygate.proto.log.v1.Overage terms;

  Overage(dev.tallygate.proto.log.v1.Overage terms) {
    this.terms = terms;
  }

  /** Units that may be taken beyond a limit. */
  long most(long limit) {
    if (terms.getUnlimited()) return Counts.LIMIT_MAX;
    // Rounded down: nobody may have part of a unit.
    return terms.getUnits() > 0 ? terms.getUnits() : limit * terms.getPercent() / HUNDRED;
  }

  /**
   * Whether units may be taken that are not free. What a cut limit has outstanding is beyond the
   * limit too.
   *
   * @param sinceUs when overage began, 0 where there is none now
   */
  boolean allows(Counts counts, long units, long sinceUs, long civilUs) {
    long beyond = counts.overage + counts.deficit + units - counts.free;
    boolean over = terms.getForUs() > 0 && sinceUs != 0 && civilUs >= sinceUs + terms.getForUs();
    return !over && beyond <= most(counts.limit);
  }
}
