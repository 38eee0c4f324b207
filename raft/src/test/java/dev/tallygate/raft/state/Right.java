package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.LimitOverride;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.log.v1.Reservation;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.log.v1.Site;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** An entitlement as tests speak of it. Times in microseconds. */
final class Right {
  static final long SECOND = 1_000_000;

  /** What nobody reaches: the limit of a site. */
  static final long UNLIMITED = 1_000_000_000_000_000L;

  enum Model {
    SESSIONS,
    METERED,
    SEATS,
    SITE
  }

  private final String name;
  private final Model model;
  private long limit;
  private long partitionsMax;
  private final TreeMap<String, Long> overrides = new TreeMap<>();
  private long ttl;
  private long ttlMax;
  private long grace;
  private long linger;

  /** 0 is a calendar minute. */
  private long rolling;

  private int slices;
  private long holdTtl;
  private boolean holdCancels;
  private long coolDown;
  private long idleAfter;
  private boolean assignedOnly;
  private List<Integer> thresholds = List.of();

  /** 0 is none. */
  private long holderMax;

  private boolean observe;

  /** By group, units of each pool. */
  private final TreeMap<String, Long> reserved = new TreeMap<>();

  /** Empty for none. */
  private dev.tallygate.proto.log.v1.Overage overage =
      dev.tallygate.proto.log.v1.Overage.getDefaultInstance();

  private Right(String name, Model model, long limit) {
    this.name = name;
    this.model = model;
    this.limit = limit;
  }

  /** Sessions of 20 s, at most 60 s, grace of 2 s, without linger. */
  static Right sessions(String name, long limit) {
    Right right = new Right(name, Model.SESSIONS, limit);
    right.ttl = 20 * SECOND;
    right.ttlMax = 60 * SECOND;
    right.grace = 2 * SECOND;
    return right;
  }

  /** Units of a rolling window; holds of 15 s, charged when they expire. */
  static Right rolling(String name, long limit, long window, int slices) {
    Right right = new Right(name, Model.METERED, limit);
    right.rolling = window;
    right.slices = slices;
    right.holdTtl = 15 * SECOND;
    return right;
  }

  /** Units of a calendar minute; holds of 15 s, charged when they expire. */
  static Right calendar(String name, long limit) {
    return rolling(name, limit, 0, 0);
  }

  /** Seats of named users, without cool-down, kept although unused. */
  static Right seats(String name, long limit) {
    return new Right(name, Model.SEATS, limit);
  }

  /** Use counted by the calendar minute. */
  static Right site(String name) {
    return new Right(name, Model.SITE, UNLIMITED);
  }

  String name() {
    return name;
  }

  Model model() {
    return model;
  }

  boolean metered() {
    return model == Model.METERED;
  }

  /** Units are used up in a window. */
  boolean counts() {
    return model == Model.METERED || model == Model.SITE;
  }

  long partitionsMax() {
    return partitionsMax;
  }

  long ttl() {
    return ttl;
  }

  long ttlMax() {
    return ttlMax;
  }

  long grace() {
    return grace;
  }

  long linger() {
    return linger;
  }

  long rolling() {
    return rolling;
  }

  int slices() {
    return slices;
  }

  long holdTtl() {
    return holdTtl;
  }

  boolean holdCancels() {
    return holdCancels;
  }

  long coolDown() {
    return coolDown;
  }

  /** 0 is never. */
  long idleAfter() {
    return idleAfter;
  }

  boolean assignedOnly() {
    return assignedOnly;
  }

  long holderMax() {
    return holderMax;
  }

  boolean partitioned() {
    return partitionsMax > 0;
  }

  boolean calendar() {
    return counts() && rolling == 0;
  }

  long limitOf(String partition) {
    return overrides.getOrDefault(partition, limit);
  }

  /** Whether what was taken under {@code other} goes on under this one. */
  boolean continues(Right other) {
    return model == other.model
        && partitioned() == other.partitioned()
        && rolling == other.rolling
        && slices == other.slices;
  }

  /** The same under another name. */
  Right named(String other) {
    return with(other, right -> {});
  }

  private Right with(Consumer<Right> change) {
    return with(name, change);
  }

  private Right with(String as, Consumer<Right> change) {
    Right copy = new Right(as, model, limit);
    copy.partitionsMax = partitionsMax;
    copy.overrides.putAll(overrides);
    copy.ttl = ttl;
    copy.ttlMax = ttlMax;
    copy.grace = grace;
    copy.linger = linger;
    copy.rolling = rolling;
    copy.slices = slices;
    copy.holdTtl = holdTtl;
    copy.holdCancels = holdCancels;
    copy.coolDown = coolDown;
    copy.idleAfter = idleAfter;
    copy.assignedOnly = assignedOnly;
    copy.holderMax = holderMax;
    copy.overage = overage;
    copy.observe = observe;
    copy.reserved.putAll(reserved);
    copy.thresholds = thresholds;
    change.accept(copy);
    return copy;
  }

  Right limit(long newLimit) {
    return with(right -> right.limit = newLimit);
  }

  Right partitions(long max) {
    return with(right -> right.partitionsMax = max);
  }

  Right linger(long newLinger) {
    return with(right -> right.linger = newLinger);
  }

  Right holds(long newTtl, boolean cancels) {
    return with(
        right -> {
          right.holdTtl = newTtl;
          right.holdCancels = cancels;
        });
  }

  Right override(String partition, long newLimit) {
    return with(right -> right.overrides.put(partition, newLimit));
  }

  Right coolDown(long us) {
    return with(right -> right.coolDown = us);
  }

  Right idleAfter(long us) {
    return with(right -> right.idleAfter = us);
  }

  /** Per cents of the limit, ascending. */
  Right thresholds(Integer... percents) {
    return with(right -> right.thresholds = List.of(percents));
  }

  List<Integer> thresholds() {
    return thresholds;
  }

  /** Administrators alone assign seats. */
  Right assigned() {
    return with(right -> right.assignedOnly = true);
  }

  /** Units of one holder, of a pool. */
  Right perHolder(long max) {
    return with(right -> right.holderMax = max);
  }

  /** Keeps units for those of a group. */
  Right reserve(String group, long units) {
    return with(right -> right.reserved.put(group, units));
  }

  /** In the order of their numbers. */
  List<String> groups() {
    return List.copyOf(reserved.keySet());
  }

  long reserved(String group) {
    return reserved.getOrDefault(group, 0L);
  }

  /** Grants what it would refuse, and says so. */
  Right observing() {
    return with(right -> right.observe = true);
  }

  boolean observes() {
    return observe;
  }

  /** Units beyond the limit; for so long, 0 without end. */
  Right overage(long units, long us) {
    return overage(builder -> builder.setUnits(units).setForUs(us));
  }

  Right overagePercent(int percent, long us) {
    return overage(builder -> builder.setPercent(percent).setForUs(us));
  }

  Right overageUnlimited(long us) {
    return overage(builder -> builder.setUnlimited(true).setForUs(us));
  }

  private Right overage(Consumer<dev.tallygate.proto.log.v1.Overage.Builder> change) {
    var builder = dev.tallygate.proto.log.v1.Overage.newBuilder();
    change.accept(builder);
    return with(right -> right.overage = builder.build());
  }

  /** Units that may be taken beyond a limit. */
  long beyond(long limit) {
    if (overage.getUnlimited()) return UNLIMITED;
    return overage.getUnits() > 0 ? overage.getUnits() : limit * overage.getPercent() / 100;
  }

  /** 0 is without end. */
  long overageFor() {
    return overage.getForUs();
  }

  Entitlement proto() {
    Entitlement.Builder builder =
        Entitlement.newBuilder()
            .setName(name)
            .setLimit(limit)
            .setPartitionsMax(partitionsMax)
            .setHolderMax(holderMax)
            .setObserve(observe);
    reserved.forEach(
        (group, units) ->
            builder.addReservations(
                Reservation.newBuilder()
                    .addPath("subject")
                    .addPath("type")
                    .setValue(group)
                    .setUnits(units)));
    if (overage.getSerializedSize() > 0) builder.setOverage(overage);
    builder.addAllThresholds(thresholds);
    if (partitioned()) builder.addPartitionBy("subject").addPartitionBy("team");
    for (Map.Entry<String, Long> override : overrides.entrySet()) {
      builder.addLimitOverrides(
          LimitOverride.newBuilder().setPartition(override.getKey()).setLimit(override.getValue()));
    }
    switch (model) {
      case SESSIONS ->
          builder.setConcurrentSession(
              ConcurrentSession.newBuilder()
                  .setTtlUs(ttl)
                  .setTtlMaxUs(ttlMax)
                  .setGraceUs(grace)
                  .setLingerUs(linger)
                  .setSharing(Sharing.SHARING_SESSION));
      case METERED ->
          builder.setMetered(
              Metered.newBuilder()
                  .setCalendar(
                      calendar() ? Calendar.CALENDAR_MINUTE : Calendar.CALENDAR_UNSPECIFIED)
                  .setTimeZone(calendar() ? "UTC" : "")
                  .setRollingUs(rolling)
                  .setSlices(slices)
                  .setHoldTtlUs(holdTtl)
                  .setHoldExpiryCancels(holdCancels));
      case SEATS ->
          builder.setNamedUser(
              NamedUser.newBuilder()
                  .setCoolDownUs(coolDown)
                  .setIdleAfterUs(idleAfter)
                  .setAssignedOnly(assignedOnly));
      case SITE ->
          builder.setSite(
              Site.newBuilder().setCalendar(Calendar.CALENDAR_MINUTE).setTimeZone("UTC"));
    }
    return builder.build();
  }
}
