package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.exact.Answer;
import dev.tallygate.loadtest.exact.Op;
import dev.tallygate.loadtest.fault.Caller.Held;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread's worth of users, sessions or services, who behave as badly as real ones: they vanish,
 * reconnect, renew with an old token, send copies, settle twice. Lives for the whole run.
 */
final class Customer implements Runnable {
  private static final int PAUSE_MS_MAX = 40;
  private static final int REFUSED_PAUSE_MS_MAX = 100;

  /** What a customer does. */
  enum Habit {
    SESSIONS,
    QUOTA,
    HOLDS
  }

  private final Habit habit;
  private final String holder;
  private final Caller caller;
  private final Replays replays;
  private final SplittableRandom random;
  private final IntSupplier round;
  private final BooleanSupplier stopped;
  private long sessions;

  Customer(
      Habit habit,
      String holder,
      Caller caller,
      Replays replays,
      SplittableRandom random,
      IntSupplier round,
      BooleanSupplier stopped) {
    this.habit = habit;
    this.holder = holder;
    this.caller = caller;
    this.replays = replays;
    this.random = random;
    this.round = round;
    this.stopped = stopped;
  }

  @Override
  public void run() {
    try {
      while (!stopped.getAsBoolean()) {
        switch (habit) {
          case SESSIONS -> session();
          case QUOTA -> quota();
          case HOLDS -> hold();
        }
        pause(PAUSE_MS_MAX);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void session() throws InterruptedException {
    KillPools.Pool pool = KillPools.Pool.seats(random.nextInt(KillPools.SEAT_ACCOUNTS));
    String session = "s" + sessions++;
    Held held = connect(pool, session);
    if (held == null) return;
    use(held);
    if (chance(25)) {
      Held newer = connect(pool, session);
      // No answer at all: the session's state is open, so the session is never used again.
      if (newer == null) return;
      if (chance(50)) caller.release(held);
      held = newer;
      use(held);
    }
    // One in twenty-five vanishes; its seat comes back by itself.
    if (chance(4)) return;
    caller.release(held);
    if (chance(20)) caller.release(held);
    if (chance(10)) caller.renew(held);
  }

  private @Nullable Held connect(KillPools.Pool pool, String session) throws InterruptedException {
    return take(Ask.fresh(Op.ALLOCATE, pool, holder, session, 1, random));
  }

  private void use(Held held) throws InterruptedException {
    for (int i = random.nextInt(4); i > 0; i--) {
      pause(PAUSE_MS_MAX);
      caller.renew(held);
      if (chance(10)) caller.repeat(held.ask(), random.nextInt(1, 4));
    }
  }

  private void quota() throws InterruptedException {
    KillPools.Pool pool = KillPools.Pool.quota(round.getAsInt());
    take(Ask.fresh(Op.ALLOCATE, pool, holder, "", random.nextInt(1, 4), random));
    if (chance(10)) {
      var earlier = replays.any(random);
      if (earlier.isPresent()) caller.repeat(earlier.get(), random.nextInt(1, 9));
    }
  }

  private void hold() throws InterruptedException {
    KillPools.Pool pool = KillPools.Pool.holds(round.getAsInt());
    long units = random.nextInt(1, 6);
    Held held = take(Ask.fresh(Op.HOLD, pool, holder, "", units, random));
    if (held == null) return;
    pause(PAUSE_MS_MAX);
    // One in twenty-five never settles: the hold is charged in full.
    if (chance(4)) return;
    if (chance(70)) {
      caller.commit(held, random.nextLong(units + 1));
    } else {
      caller.cancel(held);
    }
    if (chance(15)) caller.cancel(held);
    if (chance(15)) caller.commit(held, units);
  }

  /** Returns null where nothing was granted. */
  private @Nullable Held take(Ask ask) throws InterruptedException {
    Answer answer = chance(10) ? caller.takeTwice(ask) : caller.take(ask);
    if (answer instanceof Answer.Granted granted) {
      replays.add(ask);
      if (chance(5)) caller.repeat(ask, random.nextInt(1, 4));
      return Held.of(ask, granted);
    }
    pause(REFUSED_PAUSE_MS_MAX);
    return null;
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private void pause(int maxMs) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(maxMs) + 1);
  }
}
