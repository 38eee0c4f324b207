package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.LimitOverride;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.Sharing;
import java.util.Map;
import java.util.TreeMap;

/**
 * An entitlement as tests speak of it. Times in microseconds; {@code rolling} 0 is a calendar
 * minute.
 */
record Right(
    String name,
    boolean metered,
    long limit,
    long partitionsMax,
    TreeMap<String, Long> overrides,
    long ttl,
    long ttlMax,
    long grace,
    long linger,
    long rolling,
    int slices,
    long holdTtl,
    boolean holdCancels) {
  static final long SECOND = 1_000_000;

  /** Sessions of 20 s, at most 60 s, grace of 2 s, without linger. */
  static Right sessions(String name, long limit) {
    return new Right(
        name,
        false,
        limit,
        0,
        new TreeMap<>(),
        20 * SECOND,
        60 * SECOND,
        2 * SECOND,
        0,
        0,
        0,
        0,
        false);
  }

  /** Units of a rolling window; holds of 15 s, charged when they expire. */
  static Right rolling(String name, long limit, long window, int slices) {
    return new Right(
        name, true, limit, 0, new TreeMap<>(), 0, 0, 0, 0, window, slices, 15 * SECOND, false);
  }

  /** Units of a calendar minute; holds of 15 s, charged when they expire. */
  static Right calendar(String name, long limit) {
    return rolling(name, limit, 0, 0);
  }

  boolean partitioned() {
    return partitionsMax > 0;
  }

  boolean calendar() {
    return metered && rolling == 0;
  }

  long limitOf(String partition) {
    return overrides.getOrDefault(partition, limit);
  }

  /** Whether what was taken under {@code other} goes on under this one. */
  boolean continues(Right other) {
    return metered == other.metered
        && partitioned() == other.partitioned()
        && rolling == other.rolling
        && slices == other.slices;
  }

  Right limit(long newLimit) {
    return new Right(
        name,
        metered,
        newLimit,
        partitionsMax,
        overrides,
        ttl,
        ttlMax,
        grace,
        linger,
        rolling,
        slices,
        holdTtl,
        holdCancels);
  }

  Right partitions(long max) {
    return new Right(
        name,
        metered,
        limit,
        max,
        overrides,
        ttl,
        ttlMax,
        grace,
        linger,
        rolling,
        slices,
        holdTtl,
        holdCancels);
  }

  Right linger(long newLinger) {
    return new Right(
        name,
        metered,
        limit,
        partitionsMax,
        overrides,
        ttl,
        ttlMax,
        grace,
        newLinger,
        rolling,
        slices,
        holdTtl,
        holdCancels);
  }

  Right holds(long newTtl, boolean cancels) {
    return new Right(
        name,
        metered,
        limit,
        partitionsMax,
        overrides,
        ttl,
        ttlMax,
        grace,
        linger,
        rolling,
        slices,
        newTtl,
        cancels);
  }

  Right override(String partition, long newLimit) {
    TreeMap<String, Long> changed = new TreeMap<>(overrides);
    changed.put(partition, newLimit);
    return new Right(
        name,
        metered,
        limit,
        partitionsMax,
        changed,
        ttl,
        ttlMax,
        grace,
        linger,
        rolling,
        slices,
        holdTtl,
        holdCancels);
  }

  Entitlement proto() {
    Entitlement.Builder builder =
        Entitlement.newBuilder().setName(name).setLimit(limit).setPartitionsMax(partitionsMax);
    if (partitioned()) builder.addPartitionBy("subject").addPartitionBy("team");
    for (Map.Entry<String, Long> override : overrides.entrySet()) {
      builder.addLimitOverrides(
          LimitOverride.newBuilder().setPartition(override.getKey()).setLimit(override.getValue()));
    }
    if (metered) {
      return builder
          .setMetered(
              Metered.newBuilder()
                  .setCalendar(
                      calendar() ? Calendar.CALENDAR_MINUTE : Calendar.CALENDAR_UNSPECIFIED)
                  .setTimeZone(calendar() ? "UTC" : "")
                  .setRollingUs(rolling)
                  .setSlices(slices)
                  .setHoldTtlUs(holdTtl)
                  .setHoldExpiryCancels(holdCancels))
          .build();
    }
    return builder
        .setConcurrentSession(
            ConcurrentSession.newBuilder()
                .setTtlUs(ttl)
                .setTtlMaxUs(ttlMax)
                .setGraceUs(grace)
                .setLingerUs(linger)
                .setSharing(Sharing.SHARING_SESSION))
        .build();
  }
}
