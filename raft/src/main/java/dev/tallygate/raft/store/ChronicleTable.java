package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Audit;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import net.openhft.chronicle.hash.locks.InterProcessLock;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import net.openhft.chronicle.map.MapEntry;
import net.openhft.chronicle.map.MapSegmentContext;
import org.jspecify.annotations.Nullable;

/**
 * One table over one {@link MapFile}, which {@link #replace} may exchange. While a snapshot is
 * taken, the writer keeps what it is about to overwrite in a {@link TableCapture}.
 */
final class ChronicleTable implements Table {
  private final TableId id;
  private volatile MapFile file;

  /** Written by the apply thread only; others read it for metrics. */
  private final AtomicLong count = new AtomicLong();

  /** Apply thread only. */
  private @Nullable TableCapture capture;

  ChronicleTable(TableId id, MapFile file) {
    this.id = id;
    this.file = file;
    this.count.set(file.map().longSize());
  }

  TableId id() {
    return id;
  }

  MapFile file() {
    return file;
  }

  @Override
  public boolean get(Bytes key, Bytes row) {
    while (true) {
      MapFile now = file;
      int stripe = now.gate.enter();
      if (stripe >= 0) {
        try (ExternalMapQueryContext<Bytes, Bytes, ?> query = now.map().queryContext(key)) {
          MapEntry<Bytes, Bytes> entry = query.entry();
          if (entry == null) return false;
          entry.value().getUsing(row);
          return true;
        } finally {
          now.gate.leave(stripe);
        }
      }
      // The gate is closed: the file was exchanged, and there is another, or it is gone. Of dropped
      // request rows nothing is asked any more; any other table is gone only when the node stops,
      // and
      // "there is no such row" would be a wrong answer.
      if (now != file) continue;
      if (id == TableId.REQUESTS) return false;
      throw new IllegalStateException("table " + id + " is closed");
    }
  }

  /** Whether there is a row. Apply thread. */
  boolean contains(Bytes key) {
    try (ExternalMapQueryContext<Bytes, Bytes, ?> query = file.map().queryContext(key)) {
      return query.entry() != null;
    }
  }

  @Override
  public void put(Bytes key, Bytes row) {
    if (row.length() > BYTES_MAX || key.length() > BYTES_MAX)
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "row of %s: `%d` + `%d` bytes, each at most `%d`",
              id,
              key.length(),
              row.length(),
              BYTES_MAX));
    try (ExternalMapQueryContext<Bytes, Bytes, ?> query = file.map().queryContext(key)) {
      InterProcessLock lock = query.updateLock();
      lock.lock();
      MapEntry<Bytes, Bytes> entry = query.entry();
      if (capture != null) capture.before(query.segmentIndex(), key, entry);
      if (entry != null) {
        query.replaceValue(entry, query.wrapValueAsData(row));
        return;
      }
      query.insert(Objects.requireNonNull(query.absentEntry()), query.wrapValueAsData(row));
      addToCount(1);
    } catch (RuntimeException e) {
      throw new TableError("table " + id + " of " + count + " rows refuses another", e);
    }
  }

  @Override
  public boolean remove(Bytes key) {
    try (ExternalMapQueryContext<Bytes, Bytes, ?> query = file.map().queryContext(key)) {
      query.updateLock().lock();
      MapEntry<Bytes, Bytes> entry = query.entry();
      if (entry == null) return false;
      if (capture != null) capture.before(query.segmentIndex(), key, entry);
      query.remove(entry);
      addToCount(-1);
      return true;
    } catch (RuntimeException e) {
      throw new TableError("table " + id + " refuses a removal", e);
    }
  }

  @Override
  public long count() {
    return count.get();
  }

  @Override
  public void forEach(Visitor visitor) {
    Bytes key = new Bytes(64);
    Bytes row = new Bytes(512);
    MapFile now = file;
    int stripe = now.gate.enter();
    if (stripe < 0) return;
    try {
      for (int segment = 0; segment < now.map().segments(); segment++)
        try (MapSegmentContext<Bytes, Bytes, ?> context = now.map().segmentContext(segment)) {
          context.forEachSegmentEntry(
              entry -> {
                entry.key().getUsing(key);
                entry.value().getUsing(row);
                visitor.visit(key, row);
              });
        }
    } finally {
      now.gate.leave(stripe);
    }
  }

  /**
   * Checks the checksums of the rows of one segment; apply waits meanwhile if it wants to write to
   * it. Any thread.
   *
   * @return false where there is no such segment, or the table is gone
   */
  boolean check(int segment) {
    MapFile now = file;
    int stripe = now.gate.enter();
    if (stripe < 0) return false;
    try {
      if (segment >= now.map().segments()) return false;
      Bytes key = new Bytes(64);
      Bytes row = new Bytes(512);
      try (MapSegmentContext<Bytes, Bytes, ?> context = now.map().segmentContext(segment)) {
        context.forEachSegmentEntry(
            entry -> Audit.row(id, entry.key().getUsing(key), entry.value().getUsing(row)));
      }
      return true;
    } finally {
      now.gate.leave(stripe);
    }
  }

  /** Begins to keep what is overwritten. Apply thread. */
  TableCapture capture(UndoLog log, long generation) {
    capture = new TableCapture(id, generation, file, log);
    return capture;
  }

  /** Stops to keep what is overwritten. Apply thread. */
  void captured() {
    capture = null;
  }

  /** Exchanges the file for an empty one and returns the old one, its gate closed. Apply thread. */
  MapFile replace(MapFile other) {
    MapFile old = file;
    capture = null;
    count.set(other.map().longSize());
    file = other;
    old.gate.close();
    return old;
  }

  private void addToCount(int rows) {
    count.setRelease(count.getPlain() + rows);
  }
}
