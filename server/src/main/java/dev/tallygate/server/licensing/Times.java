package dev.tallygate.server.licensing;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;

/** Microseconds as protobuf says them. */
public final class Times {
  private static final long MICROS = 1_000_000;

  private Times() {}

  /**
   * @param us since 1970, not negative
   */
  public static Timestamp timestamp(long us) {
    return Timestamp.newBuilder().setSeconds(us / MICROS).setNanos(nanos(us)).build();
  }

  /**
   * @param us not negative
   */
  static Duration duration(long us) {
    return Duration.newBuilder().setSeconds(us / MICROS).setNanos(nanos(us)).build();
  }

  private static int nanos(long us) {
    return (int) (us % MICROS * 1_000);
  }
}
