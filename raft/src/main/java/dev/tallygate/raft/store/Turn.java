package dev.tallygate.raft.store;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Whose turn it is with the tables. Apply takes it for each entry. Work that must see rows between
 * two entries, a snapshot's copying and the scrub, is done in small steps: by the apply thread
 * itself, behind an entry, while entries come; and by a background thread only while none do.
 *
 * <p>The obvious alternative, a background thread that locks what it reads, stops apply for as long
 * as the system lets that thread wait for a core, again and again on a machine that is busy.
 */
final class Turn {
  /** No entry for so long: the background may step in. */
  private static final long IDLE_NS = 5_000_000;

  private final ReentrantLock lock = new ReentrantLock();
  private volatile long lastEntryNs = System.nanoTime();

  void begin() {
    lock.lock();
  }

  void end() {
    lock.unlock();
  }

  /** Ends the turn of an entry. */
  void endEntry(long nowNs) {
    lastEntryNs = nowNs;
    lock.unlock();
  }

  /** Takes the turn if no entry wants it; true where it was taken. */
  boolean beginIfIdle() {
    return System.nanoTime() - lastEntryNs > IDLE_NS && lock.tryLock();
  }
}
