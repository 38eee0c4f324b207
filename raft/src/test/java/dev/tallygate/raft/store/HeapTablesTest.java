package dev.tallygate.raft.store;

import dev.tallygate.raft.state.HeapTables;
import dev.tallygate.raft.state.Tables;

/** Simulations run on heap tables, nodes on mapped ones: both must keep one contract. */
final class HeapTablesTest extends TablesContract {
  private final Tables tables = new HeapTables();

  @Override
  Tables tables() {
    return tables;
  }
}
