package dev.tallygate.raft.store;

import dev.tallygate.raft.Halt;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads every row over and over, slowly, so that damage to rows that nobody asks for is found while
 * there are other nodes to rebuild from. Rows that are gone altogether are found by the next
 * snapshot, whose digest then does not add up. Works in small steps, in {@link Turn}: behind
 * entries while they come, else on a thread of its own.
 */
final class Scrub implements Closeable {
  /** Between two segments of some hundred rows: about one in a hundred parts of a core. */
  private static final long PAUSE_NS = 10_000_000;

  /** Empty segments that one step passes over. */
  private static final int EMPTY_MAX = 1_024;

  private static final long CLOSE_MS = 10_000;

  private final MappedTables tables;
  private final Turn turn;
  private final Halt halt;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopping = lock.newCondition();
  private final ArrayDeque<MappedTable> round = new ArrayDeque<>();
  private int segment;
  private long nextNs = System.nanoTime() + PAUSE_NS;
  private volatile boolean stopped;

  Scrub(MappedTables tables, Turn turn, Halt halt) {
    this.tables = tables;
    this.turn = turn;
    this.halt = halt;
    thread = Thread.ofPlatform().name("table-scrub").daemon().unstarted(this::run);
    thread.setPriority(Thread.MIN_PRIORITY);
  }

  void start() {
    thread.start();
  }

  /**
   * Checks the next segment if it is time for it. In turn.
   *
   * @throws dev.tallygate.raft.state.CorruptStateException if a row is damaged
   */
  void step(long nowNs) {
    if (nowNs - nextNs < 0) return;
    nextNs = nowNs + PAUSE_NS;
    if (round.isEmpty()) round.addAll(tables.all());
    for (int left = EMPTY_MAX; left > 0 && !round.isEmpty(); left--) if (next()) return;
  }

  /** Checks a segment; true where it had rows. */
  private boolean next() {
    MappedTable table = round.getFirst();
    if (table.isGone() || segment == table.segments()) {
      segment = 0;
      round.removeFirst();
      return false;
    }
    return table.check(segment++);
  }

  private void run() {
    try {
      for (; !stopped; pause())
        if (turn.beginIfIdle())
          try {
            if (!stopped) step(System.nanoTime());
          } finally {
            turn.end();
          }
    } catch (RuntimeException | Error e) {
      if (!stopped) halt.halt("the scrub found the tables damaged: " + e.getMessage(), e);
    }
  }

  private void pause() {
    lock.lock();
    try {
      long left = PAUSE_NS;
      while (!stopped && left > 0) left = stopping.awaitNanos(left);
    } catch (InterruptedException e) {
      stopped = true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread and waits for it. */
  @Override
  public void close() {
    lock.lock();
    try {
      stopped = true;
      stopping.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(TimeUnit.MILLISECONDS.toMillis(CLOSE_MS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
