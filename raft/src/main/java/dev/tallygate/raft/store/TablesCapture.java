package dev.tallygate.raft.store;

import java.util.List;

/** All tables as they were at one index. Read by one background thread, ended once by it. */
final class TablesCapture {
  private final List<TableCapture> tables;
  private volatile boolean givenUp;
  private volatile boolean ended;

  TablesCapture(List<TableCapture> tables) {
    this.tables = tables;
  }

  /** In the order in which they should be read. */
  List<TableCapture> tables() {
    return tables;
  }

  /**
   * False where the copy is of no use: too much changed meanwhile, or the tables are being closed.
   */
  boolean usable() {
    if (givenUp) return false;
    for (TableCapture table : tables) if (table.overflown()) return false;
    return true;
  }

  /** Asks the reading thread to end soon. Any thread. */
  void giveUp() {
    givenUp = true;
  }

  /** Lets go of the tables. */
  void end() {
    if (ended) return;
    for (TableCapture table : tables) table.end();
    ended = true;
  }

  boolean ended() {
    return ended;
  }
}
