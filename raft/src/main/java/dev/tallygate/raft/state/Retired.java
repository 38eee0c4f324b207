package dev.tallygate.raft.state;

/**
 * An entitlement that the catalog has no more, while pools of it drain on its terms: it was
 * removed, or its model, its partitions or its window changed. It lasts until nothing of them is
 * outstanding, or until the catalog has it again. Apply counts; any thread may read.
 */
public final class Retired {
  private final Entitlement entitlement;
  private volatile long taken;

  Retired(Entitlement entitlement) {
    this.entitlement = entitlement;
  }

  /** The terms on which its pools drain. */
  public Entitlement entitlement() {
    return entitlement;
  }

  /** What all of its pools have outstanding. */
  public long taken() {
    return taken;
  }

  /** Apply thread only. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
  void add(long units) {
    taken += units;
  }

  /**
   * Whether what one of its pools holds counts against the pool of {@code heir} of the same
   * partition alone; otherwise it may be anybody's and counts against each.
   */
  boolean countsByPartition(Entitlement heir) {
    return entitlement.partitionBy().equals(heir.partitionBy());
  }

  /** Whether it holds anything of what others may have: nothing is limited on a site. */
  public boolean counts() {
    return entitlement.model() != Entitlement.Model.SITE;
  }
}
