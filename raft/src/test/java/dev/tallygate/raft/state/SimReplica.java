package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** One core with its tables and its ledger bytes, as a node would hold them. */
final class SimReplica {
  /** One entry of the log. */
  record Entry(long term, byte[] bytes) {}

  /** What a snapshot is: tables, the term and index they stand at, and how long the ledger was. */
  record Snapshot(Tables tables, long term, long index, byte[] ledger) {}

  /** The crash that throws a replica away in the middle of an entry. */
  static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("crash", null, false, false);
    }
  }

  private static final int BEFORE = 13;

  final Tables tables;
  final Core core;
  final Bytes ledger = new Bytes(4096);
  final List<String> alarms = new ArrayList<>();

  SimReplica(Tables tables) {
    this.tables = tables;
    this.core = new Core(tables, new Sink());
    core.onAlarm(alarms::add);
  }

  static SimReplica restore(Snapshot from, Supplier<Tables> factory) {
    Tables copy = factory.get();
    copy(from.tables, copy);
    SimReplica replica = new SimReplica(copy);
    replica.ledger.add(from.ledger, 0, from.ledger.length);
    boolean held = replica.core.restore(from.term, from.index);
    if (held != from.index >= 0) throw new AssertionError("restore found a state: " + held);
    return replica;
  }

  /** Snapshots lie on the heap, whatever the replica's tables are made of. */
  Snapshot snapshot() {
    Tables copy = new HeapTables();
    copy(tables, copy);
    return new Snapshot(copy, core.appliedTerm(), core.appliedIndex(), ledger.copy());
  }

  void apply(long index, Entry entry, OutcomeSink sink) {
    // Entries lie anywhere in a larger buffer.
    byte[] buffer = new byte[entry.bytes.length + BEFORE + 11];
    Arrays.fill(buffer, (byte) 0xA5);
    System.arraycopy(entry.bytes, 0, buffer, BEFORE, entry.bytes.length);
    core.apply(entry.term, index, buffer, BEFORE, entry.bytes.length, sink);
  }

  static void copy(Tables from, Tables to) {
    for (TableId id : TableId.values())
      if (id != TableId.REQUESTS) from.table(id).forEach(to.table(id)::put);
    for (long minute : from.requestMinutes()) {
      Table requests = from.requests(minute);
      if (requests != null) requests.forEach(to.openRequests(minute)::put);
    }
  }

  private final class Sink implements LedgerSink {
    @Override
    public void append(long position, byte[] bytes, int offset, int count) {
      if (position != ledger.length())
        throw new AssertionError("ledger of " + ledger.length() + " bytes appended at " + position);
      ledger.add(bytes, offset, count);
    }

    @Override
    public void roll(long position) {
      if (position != ledger.length()) throw new AssertionError("rolled inside the ledger");
    }
  }
}
