package dev.tallygate.client;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import java.time.Instant;

/** Times as the wire has them. */
final class Protos {
  private static final int MS_PER_S = 1_000;
  private static final int NS_PER_MS = 1_000_000;
  private static final long NS_PER_S = 1_000_000_000;

  private Protos() {}

  /** A constant without what its type puts before it; of a newer release's constant, that. */
  static String word(Enum<?> constant, String prefix) {
    String name = constant.name();
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  static long ms(Duration duration) {
    return duration.getSeconds() * MS_PER_S + duration.getNanos() / NS_PER_MS;
  }

  static long ns(Duration duration) {
    return duration.getSeconds() * NS_PER_S + duration.getNanos();
  }

  static Duration of(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  static Timestamp of(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
