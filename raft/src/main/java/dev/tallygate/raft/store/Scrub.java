package dev.tallygate.raft.store;

import dev.tallygate.raft.Halt;
import java.io.Closeable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads every row over and over, slowly, so that damage to rows that nobody asks for is found while
 * there are other nodes to rebuild from. Rows that are gone altogether are found by the next
 * snapshot, whose digest then does not add up. A thread of its own.
 */
final class Scrub implements Closeable {
  /** Between two segments of some thousand rows: a fortieth of a core at most. */
  private static final long PAUSE_NS = 20_000_000;

  private static final long CLOSE_MS = 10_000;

  private final ChronicleTables tables;
  private final Halt halt;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopping = lock.newCondition();
  private volatile boolean stopped;
  private volatile long rounds;

  Scrub(ChronicleTables tables, Halt halt) {
    this.tables = tables;
    this.halt = halt;
    thread = Thread.ofPlatform().name("table-scrub").daemon().unstarted(this::run);
    thread.setPriority(Thread.MIN_PRIORITY);
  }

  void start() {
    thread.start();
  }

  /** How often every row was read. Any thread. */
  long rounds() {
    return rounds;
  }

  private void run() {
    try {
      while (!stopped) round();
    } catch (RuntimeException | Error e) {
      if (!stopped) halt.halt("the scrub found the tables damaged: " + e.getMessage(), e);
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // One writer.
  private void round() {
    for (ChronicleTable table : tables.parts())
      for (int segment = 0; !stopped && table.check(segment); segment++) pause();
    rounds++;
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
