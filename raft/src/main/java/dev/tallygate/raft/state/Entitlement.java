package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.LimitOverride;
import dev.tallygate.proto.log.v1.Scope;
import dev.tallygate.proto.log.v1.Sharing;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An entitlement as the rules read it; immutable, made from its canonical protobuf. */
public final class Entitlement {
  /** The license models of this feature level. The number stands in ledger records. */
  public enum Model {
    CONCURRENT_SESSION(1),
    METERED(2),
    NAMED_USER(3),
    SITE(4);

    private final int number;

    Model(int number) {
      this.number = number;
    }

    public int number() {
      return number;
    }
  }

  /** Bound on the canonical form, so that it fits into a row, and into one with what it undoes. */
  public static final int BYTES_MAX = 60_000;

  /** Bound on every time of an entitlement, ten years, so that no sum of times can overflow. */
  public static final long TIME_US_MAX = 10L * 366 * 86_400 * 1_000_000;

  /** Bound on the thresholds of one entitlement. */
  public static final int THRESHOLDS_MAX = 8;

  /** Bound on {@code slices} of a rolling window. */
  public static final int SLICES_MAX = 64;

  private final dev.tallygate.proto.log.v1.Entitlement canonical;
  private final Model model;
  private final Map<Bytes, Long> limits = new HashMap<>();
  private final long sliceUs;
  private final @Nullable Overage overage;
  private final long[] groups;
  private final int[] thresholds;

  public Entitlement(dev.tallygate.proto.log.v1.Entitlement canonical) {
    this.canonical = canonical;
    this.model =
        switch (canonical.getModelCase()) {
          case METERED -> Model.METERED;
          case NAMED_USER -> Model.NAMED_USER;
          case SITE -> Model.SITE;
          case CONCURRENT_SESSION, MODEL_NOT_SET -> Model.CONCURRENT_SESSION;
        };
    for (LimitOverride override : canonical.getLimitOverridesList()) {
      limits.put(Bytes.ofUtf8(override.getPartition()), override.getLimit());
    }
    this.groups = canonical.getReservationsList().stream().mapToLong(Reservations::group).toArray();
    this.overage = canonical.hasOverage() ? new Overage(canonical.getOverage()) : null;
    this.thresholds = canonical.getThresholdsList().stream().mapToInt(Integer::intValue).toArray();
    this.sliceUs =
        rolling()
            ? Math.ceilDiv(
                canonical.getMetered().getRollingUs(), canonical.getMetered().getSlices())
            : 0;
  }

  public dev.tallygate.proto.log.v1.Entitlement canonical() {
    return canonical;
  }

  public int number() {
    return canonical.getNumber();
  }

  public String name() {
    return canonical.getName();
  }

  /** The set that it stands in. */
  public String set() {
    return canonical.getSet();
  }

  public Model model() {
    return model;
  }

  /** Whether the catalog has it no more, and pools of it drain. */
  public boolean retired() {
    return canonical.getRetired();
  }

  public long limit(Bytes partition) {
    return limits.getOrDefault(partition, canonical.getLimit());
  }

  public boolean partitioned() {
    return canonical.getPartitionByCount() > 0;
  }

  /** The attribute path in parts; empty for one pool. */
  public List<String> partitionBy() {
    return canonical.getPartitionByList();
  }

  public long partitionsMax() {
    return canonical.getPartitionsMax();
  }

  /** Units that one holder may have out of a pool; 0 where there is no such maximum. */
  long holderMax() {
    return canonical.getHolderMax();
  }

  /** Name of the entitlement that is tried where this one is exhausted; empty for none. */
  public String fallback() {
    return canonical.getFallback();
  }

  /** Whether it grants what it would refuse, and says so. */
  public boolean observes() {
    return canonical.getObserve();
  }

  /** Groups that units are kept for; numbered from 1. */
  public int reservations() {
    return groups.length;
  }

  /** What makes a group, for the proposer. */
  public List<dev.tallygate.proto.log.v1.Reservation> reservationList() {
    return canonical.getReservationsList();
  }

  long group(int number) {
    return groups[number - 1];
  }

  long reserved(int number) {
    return canonical.getReservations(number - 1).getUnits();
  }

  /** Null where nothing is taken beyond the limit. */
  @Nullable Overage overage() {
    return overage;
  }

  /** The most units that a pool with this limit can have taken. */
  long most(long limit) {
    return overage == null ? limit : limit + overage.most(limit);
  }

  public Sharing sharing() {
    return canonical.getConcurrentSession().getSharing();
  }

  long graceUs() {
    return canonical.getConcurrentSession().getGraceUs();
  }

  long lingerUs() {
    return canonical.getConcurrentSession().getLingerUs();
  }

  /** The ttl that a lease gets for one that was wanted; 0 wants what the entitlement says. */
  long ttlUs(long wanted) {
    if (wanted == 0) return canonical.getConcurrentSession().getTtlUs();
    return Math.min(wanted, canonical.getConcurrentSession().getTtlMaxUs());
  }

  long holdTtlUs(long wanted) {
    long most = canonical.getMetered().getHoldTtlUs();
    return wanted == 0 ? most : Math.min(wanted, most);
  }

  boolean holdExpiryCancels() {
    return canonical.getMetered().getHoldExpiryCancels();
  }

  /** Units are used up in a window, and come back with its end alone. */
  boolean counts() {
    return model == Model.METERED || model == Model.SITE;
  }

  long coolDownUs() {
    return canonical.getNamedUser().getCoolDownUs();
  }

  /** 0 where a seat may stay unused. */
  long idleAfterUs() {
    return canonical.getNamedUser().getIdleAfterUs();
  }

  /** Whether first use assigns no seat. */
  boolean assignedOnly() {
    return canonical.getNamedUser().getAssignedOnly();
  }

  /** What a question must carry, all of it, to be inside a site's scope. */
  public List<Scope> scope() {
    return canonical.getSite().getScopeList();
  }

  /** A metered window on the elapsed clock; otherwise on the calendar. */
  public boolean rolling() {
    return model == Model.METERED && canonical.getMetered().getRollingUs() > 0;
  }

  public boolean calendar() {
    return counts() && !rolling();
  }

  public Calendar calendarUnit() {
    return model == Model.SITE
        ? canonical.getSite().getCalendar()
        : canonical.getMetered().getCalendar();
  }

  public String timeZone() {
    return model == Model.SITE
        ? canonical.getSite().getTimeZone()
        : canonical.getMetered().getTimeZone();
  }

  /** What it unlocks, sorted. */
  public List<String> features() {
    return canonical.getFeaturesList();
  }

  /** In per cent, ascending. Not to be changed. */
  int[] thresholds() {
    return thresholds;
  }

  /** Rounded up, so that a window never comes out shorter than it says. */
  long sliceUs() {
    return sliceUs;
  }

  /** Slices that can hold units at once: those of the window, and the one that is half in it. */
  int slicesHeld() {
    return rolling() ? canonical.getMetered().getSlices() + 1 : 0;
  }

  /**
   * Whether pools of {@code other} can go on under this one: same model, same partitions, same
   * window.
   */
  public boolean continues(Entitlement other) {
    return model == other.model
        && partitionBy().equals(other.partitionBy())
        && calendarUnit() == other.calendarUnit()
        && timeZone().equals(other.timeZone())
        && canonical.getMetered().getRollingUs() == other.canonical.getMetered().getRollingUs()
        && canonical.getMetered().getSlices() == other.canonical.getMetered().getSlices();
  }
}
