package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import java.util.Arrays;
import java.util.List;

/**
 * The request rows of one minute, in one file as a rule. How many there will be is not known in
 * advance, and a file cannot grow: when it holds what it was made for, a larger one is set before
 * it. Rows are never moved, so a key is looked for in each file, the newest first.
 */
final class RequestTable implements Table {
  /** A minute's first file, where nothing is known of the rate. */
  static final long ROWS_MIN = 65_536;

  static final long ROWS_MAX = 4_194_304;

  private static final int GROWTH = 4;

  private final long minute;
  private final MapKeeper keeper;
  private volatile ChronicleTable[] parts;

  RequestTable(long minute, MapKeeper keeper, List<MapFile> files) {
    this.minute = minute;
    this.keeper = keeper;
    // The largest file is the newest; it is the one that takes new rows.
    parts =
        files.stream()
            .sorted((a, b) -> Long.compare(b.rows, a.rows))
            .map(file -> new ChronicleTable(TableId.REQUESTS, file))
            .toArray(ChronicleTable[]::new);
  }

  /** A table with one empty file. */
  static RequestTable create(long minute, MapKeeper keeper, long rows) {
    RequestTable table = new RequestTable(minute, keeper, List.of());
    table.add(rows);
    return table;
  }

  long minute() {
    return minute;
  }

  List<ChronicleTable> parts() {
    return Arrays.asList(parts);
  }

  @Override
  public boolean get(Bytes key, Bytes row) {
    for (ChronicleTable part : parts) if (part.get(key, row)) return true;
    return false;
  }

  @Override
  public void put(Bytes key, Bytes row) {
    ChronicleTable[] now = parts;
    if (now.length > 1 && !now[0].contains(key))
      for (int i = 1; i < now.length; i++)
        if (now[i].contains(key)) {
          now[i].put(key, row);
          return;
        }
    insert(key, row);
  }

  @Override
  public void insert(Bytes key, Bytes row) {
    ChronicleTable[] now = parts;
    long rows = now[0].file().rows;
    if (now[0].count() >= rows) add(Math.min(rows * GROWTH, ROWS_MAX));
    else if (now[0].count() == rows / 2) keeper.prepare(Math.min(rows * GROWTH, ROWS_MAX));
    parts[0].put(key, row);
  }

  @Override
  public boolean remove(Bytes key) {
    for (ChronicleTable part : parts) if (part.remove(key)) return true;
    return false;
  }

  @Override
  public long count() {
    long sum = 0;
    for (ChronicleTable part : parts) sum += part.count();
    return sum;
  }

  @Override
  public void forEach(Visitor visitor) {
    for (ChronicleTable part : parts) part.forEach(visitor);
  }

  private void add(long rows) {
    MapFile file = keeper.take(ChronicleTables.prefix(TableId.REQUESTS, minute), rows);
    ChronicleTable[] more = new ChronicleTable[parts.length + 1];
    System.arraycopy(parts, 0, more, 1, parts.length);
    more[0] = new ChronicleTable(TableId.REQUESTS, file);
    parts = more;
  }
}
