package dev.tallygate.raft.state;

/**
 * When a pool has to be looked at although nobody touches it: a slice leaves, a calendar window
 * ends, an override ends, an idle partition is dropped. The pool's row names the timer entry that
 * is its own.
 */
final class PoolTimers {
  /**
   * How long an idle partition is kept, so that one that is used now and then is not made over and
   * over. Elapsed clock.
   */
  static final long IDLE_US = 60_000_000;

  private PoolTimers() {}

  /**
   * Sets the pool's timers to what its state asks for. Called after every change.
   *
   * @param firstUse whether the window held no units before: only then can a slice leave earlier
   *     than a timer that is set
   */
  static void arm(State state, Pool pool, boolean firstUse) {
    if (pool.timerElapsedUs == 0 || firstUse) {
      long elapsed = nextElapsed(state, pool);
      if (elapsed != 0 && (pool.timerElapsedUs == 0 || elapsed < pool.timerElapsedUs)) {
        pool.timerElapsedUs = elapsed;
        state.poolTimers.add(elapsed, pool.tenant(), pool.number());
        state.touch(pool);
      }
    }
    long civil = nextCivil(pool);
    if (civil != 0 && (pool.timerCivilUs == 0 || civil < pool.timerCivilUs)) {
      pool.timerCivilUs = civil;
      state.calendarTimers.add(civil, pool.tenant(), pool.number());
      state.touch(pool);
    }
  }

  /** 0 where the elapsed clock has nothing to do. */
  private static long nextElapsed(State state, Pool pool) {
    if (pool.sliceCount() > 0 && pool.counts().used > 0) {
      return Meters.sliceEnds(pool, Meters.oldestUsed(pool));
    }
    return pool.idle() && pool.entitlement().partitioned() ? state.clocks.elapsedUs() + IDLE_US : 0;
  }

  /** 0 where the civil clock has nothing to do. */
  private static long nextCivil(Pool pool) {
    long next =
        pool.windowEndUs > pool.windowStartUs && pool.counts().used + pool.counts().onHold > 0
            ? pool.windowEndUs
            : 0;
    if (pool.override != Pool.NO_OVERRIDE && pool.overrideUntilUs != 0) {
      next = next == 0 ? pool.overrideUntilUs : Math.min(next, pool.overrideUntilUs);
    }
    return next;
  }
}
