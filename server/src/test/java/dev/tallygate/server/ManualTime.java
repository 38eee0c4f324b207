package dev.tallygate.server;

import java.util.concurrent.atomic.AtomicLong;

/** Clocks that a test moves. */
final class ManualTime implements TimeSource {
  private final AtomicLong wallUs = new AtomicLong(1_700_000_000_000_000L);
  private final AtomicLong monotonicNs = new AtomicLong(5_000_000_000L);

  /** Both clocks, as time passes. */
  void pass(long ms) {
    wallUs.addAndGet(ms * 1_000);
    monotonicNs.addAndGet(ms * 1_000_000);
  }

  /** The wall clock alone, as somebody sets it. */
  void jump(long ms) {
    wallUs.addAndGet(ms * 1_000);
  }

  @Override
  public long wallUs() {
    return wallUs.get();
  }

  @Override
  public long monotonicNs() {
    return monotonicNs.get();
  }
}
