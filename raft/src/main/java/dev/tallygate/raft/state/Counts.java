package dev.tallygate.raft.state;

/**
 * The counts of a pool. Conservation, at every command: {@code limit + overage + deficit = free +
 * held + onHold + cooling + used + carried}, every term at least 0, and {@code overage} and {@code
 * deficit} positive only where {@code free = 0}. {@code free} is kept, not derived, so that the
 * equation can fail.
 */
public final class Counts {
  /** Bound on a limit, so that no sum of counts can overflow. */
  public static final long LIMIT_MAX = 1_000_000_000_000_000L;

  /** Bound on the units of one request. */
  public static final long UNITS_MAX = 1_000_000_000_000L;

  long limit;
  long overage;
  long deficit;
  long free;
  long held;
  long onHold;
  long cooling;
  long used;
  long carried;

  public long limit() {
    return limit;
  }

  /** What was taken beyond the limit, as the entitlement's overage allows, and is not back. */
  public long overage() {
    return overage;
  }

  /** What a cut limit still has outstanding. */
  public long deficit() {
    return deficit;
  }

  public long free() {
    return free;
  }

  public long held() {
    return held;
  }

  public long onHold() {
    return onHold;
  }

  /** Released sessions that linger. */
  public long cooling() {
    return cooling;
  }

  public long used() {
    return used;
  }

  /**
   * What retired pools of the same name still hold, as of the last change of this one; since then
   * it can only have fallen.
   */
  public long carried() {
    return carried;
  }

  /** Everything that was taken from this pool and is not free. */
  public long taken() {
    return out() + used;
  }

  /** What leases hold, so that it may come back by their end. */
  long out() {
    return held + onHold + cooling;
  }

  void set(Counts other) {
    limit = other.limit;
    overage = other.overage;
    deficit = other.deficit;
    free = other.free;
    held = other.held;
    onHold = other.onHold;
    cooling = other.cooling;
    used = other.used;
    carried = other.carried;
  }

  Counts fresh(long newLimit) {
    limit = newLimit;
    overage = 0;
    deficit = 0;
    free = newLimit;
    held = 0;
    onHold = 0;
    cooling = 0;
    used = 0;
    carried = 0;
    return this;
  }

  boolean idle() {
    return taken() == 0;
  }

  /** Takes units out of the free ones; where they go is the caller's next line. */
  void take(long units) {
    free -= units;
  }

  /** Takes what is free, and the rest of the units beyond the limit. */
  void takeBeyond(long units) {
    overage += units - free;
    free = 0;
  }

  /**
   * Gives units back: what a cut limit has outstanding is repaid first, then what was taken beyond
   * it.
   */
  void giveBack(long units) {
    long repaid = Math.min(deficit, units);
    deficit -= repaid;
    long within = Math.min(overage, units - repaid);
    overage -= within;
    free += units - repaid - within;
  }

  void limit(long newLimit) {
    long change = newLimit - limit;
    limit = newLimit;
    if (change >= 0) giveBack(change);
    else claim(-change);
  }

  /** Sets what is carried: it comes out of the free units, and what they do not cover is owed. */
  void carry(long units) {
    long change = units - carried;
    carried = units;
    if (change >= 0) claim(change);
    else giveBack(-change);
  }

  private void claim(long units) {
    long fromFree = Math.min(free, units);
    free -= fromFree;
    deficit += units - fromFree;
  }

  /** Says whether conservation holds. */
  boolean conserved() {
    boolean positive =
        (limit | overage | deficit | free | held | onHold | cooling | used | carried) >= 0;
    boolean drained = overage + deficit == 0 || free == 0;
    return positive && drained && limit + overage + deficit == free + taken() + carried;
  }

  void check() {
    if (!conserved()) throw new PlanFault("conservation broken: " + this);
  }

  @Override
  public String toString() {
    return "limit "
        + limit
        + " + overage "
        + overage
        + " + deficit "
        + deficit
        + " = free "
        + free
        + " + held "
        + held
        + " + on hold "
        + onHold
        + " + cooling "
        + cooling
        + " + used "
        + used
        + " + carried "
        + carried;
  }
}
