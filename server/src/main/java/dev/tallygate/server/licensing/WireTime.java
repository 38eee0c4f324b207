package dev.tallygate.server.licensing;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;

/**
 * A {@code google.protobuf.Timestamp} or {@code Duration} as it is read: seconds and nanoseconds.
 */
final class WireTime {
  private static final int NANOS_MAX = 999_999_999;

  private boolean present;
  private long seconds;
  private int nanos;

  void clear() {
    present = false;
    seconds = 0;
    nanos = 0;
  }

  WireTime set(Timestamp from) {
    present = true;
    seconds = from.getSeconds();
    nanos = from.getNanos();
    return this;
  }

  WireTime set(Duration from) {
    present = true;
    seconds = from.getSeconds();
    nanos = from.getNanos();
    return this;
  }

  void read(RequestReader in, String field) throws Malformed {
    in.at(field);
    present = true;
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case 1 << 3 | RequestReader.VARINT -> seconds = in.varint();
        case 2 << 3 | RequestReader.VARINT -> nanos = (int) in.varint();
        default -> in.skip(tag);
      }
    }
    in.leave(outer);
  }

  /** Microseconds since 1970, above 0; required. What is finer is cut off. */
  long instantUs(String field) throws Malformed {
    if (!present) throw new Malformed(field, "is required");
    FieldBounds.range(field + ".seconds", seconds, 0, Limits.TIMESTAMP_SECONDS_MAX);
    FieldBounds.range(field + ".nanos", nanos, 0, NANOS_MAX);
    long us = microseconds();
    if (us == 0) throw new Malformed(field, "is 1970-01-01T00:00:00Z, which no clock shows");
    return us;
  }

  /** Microseconds, at least the shortest ttl; 0 where it is not set. */
  long ttlUs(String field) throws Malformed {
    if (!present) return 0;
    FieldBounds.range(field + ".seconds", seconds, 0, Limits.DURATION_SECONDS_MAX);
    FieldBounds.range(field + ".nanos", nanos, 0, NANOS_MAX);
    long us = microseconds();
    if (us < Limits.TTL_MIN_US) throw new Malformed(field, "is shorter than 1 second");
    return us;
  }

  private long microseconds() {
    return seconds * 1_000_000 + nanos / 1_000;
  }
}
