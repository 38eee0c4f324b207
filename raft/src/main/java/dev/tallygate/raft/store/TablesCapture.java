package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.TableId;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All tables as they were at one index, copied step by step into runs of rows, which another thread
 * takes away. {@link #step} and {@link #end} need the {@link Turn}; the thread that takes the runs
 * away needs none.
 */
final class TablesCapture {
  /**
   * Rows of one table, one behind another.
   *
   * <pre>
   *  0  u32  length of the key
   *  4  u32  length of the row
   *  8       key, then row
   * </pre>
   */
  static final class Run {
    final Bytes rows = new Bytes(RUN_BYTES);
    TableId table = TableId.META;
    long generation;
    boolean last;
  }

  /** Memory for rows on their way to the file. */
  private static final int RUNS = 8;

  private static final int RUN_BYTES = 512 << 10;

  /** Empty segments that one step passes over. */
  private static final int SEGMENTS_MAX = 1_024;

  private final Queue<TableCapture> tables;
  private final List<TableCapture> all;
  private final BlockingQueue<Run> full = new ArrayBlockingQueue<>(RUNS);
  private final BlockingQueue<Run> empty = new ArrayBlockingQueue<>(RUNS);
  private int segment;
  private volatile boolean givenUp;
  private volatile boolean ended;

  /**
   * @param tables in the order in which they are copied
   */
  TablesCapture(List<TableCapture> tables) {
    this.tables = new ArrayDeque<>(tables);
    this.all = List.copyOf(tables);
    for (int i = 0; i < RUNS; i++) empty.add(new Run());
  }

  /** Copies for about so long, or until there is nothing to do or no room. In turn. */
  void work(long budgetNs) {
    long began = System.nanoTime();
    while (step()) if (System.nanoTime() - began > budgetNs) return;
  }

  /**
   * Copies the next segment that is not empty. In turn.
   *
   * @return false where nothing was done: all is copied, or the other thread is behind
   */
  boolean step() {
    if (ended) return false;
    Run run = empty.poll();
    if (run == null) return false;
    run.rows.clear();
    for (int left = SEGMENTS_MAX; left > 0 && run.rows.length() == 0 && !tables.isEmpty(); left--)
      copyTo(run);
    run.last = tables.isEmpty() || !usable();
    if (run.last) end();
    full.add(run);
    return true;
  }

  private void copyTo(Run run) {
    TableCapture table = tables.element();
    run.table = table.id();
    run.generation = table.generation();
    copy(table, segment++, run.rows);
    if (segment < table.segments()) return;
    tables.remove();
    segment = 0;
  }

  private static void copy(TableCapture table, int segment, Bytes into) {
    table.copy(segment, (k, r) -> into.addInt(k.length()).addInt(r.length()).add(k).add(r));
  }

  /** Takes the next run away; null where there is none yet. The other thread. */
  @Nullable Run take(long waitMs) throws InterruptedException {
    return full.poll(waitMs, TimeUnit.MILLISECONDS);
  }

  /** Gives back a run that was taken away. The other thread. */
  void giveBack(Run run) {
    empty.add(run);
  }

  /**
   * False where the copy is of no use: too much changed meanwhile, or the tables are being closed.
   */
  boolean usable() {
    if (givenUp) return false;
    for (TableCapture table : all) if (table.overflown()) return false;
    return true;
  }

  /** Makes the copy of no use. Any thread. */
  void giveUp() {
    givenUp = true;
  }

  /** Lets go of the tables. In turn. */
  void end() {
    ended = true;
  }

  /** Whether the tables are needed no more. Any thread. */
  boolean ended() {
    return ended;
  }
}
