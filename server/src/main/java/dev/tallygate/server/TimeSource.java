package dev.tallygate.server;

import java.time.Instant;

/** This machine's two clocks. Apart, so that a test can move them. Any thread. */
interface TimeSource {

  /** Microseconds since 1970. */
  long wallUs();

  /** By {@link System#nanoTime} or in its manner: comparable within one process. */
  long monotonicNs();

  /** The real ones. */
  static TimeSource system() {
    return new TimeSource() {
      @Override
      public long wallUs() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
      }

      @Override
      public long monotonicNs() {
        return System.nanoTime();
      }
    };
  }
}
