package dev.tallygate.raft.store;

import dev.tallygate.proto.log.v1.SnapshotHeader;
import dev.tallygate.raft.Halt;
import dev.tallygate.raft.SnapshotWriter;
import dev.tallygate.raft.state.Audit;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.CorruptStateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Writes the tables of one moment to a snapshot file and proves that the file holds them: every
 * row's checksum and their sum, the digest, on the way out, then the file's own checksums and the
 * recount of every pool from what was read back. Background thread.
 */
final class SnapshotTask implements SnapshotWriter {
  private static final long WAIT_MS = 2;

  /** While no entry comes: an entry that does come waits no longer than this. */
  private static final long STEP_NS = 1_000_000;

  private final @Nullable TablesCapture capture;
  private final SnapshotHeader header;
  private final LedgerFiles ledger;
  private final Halt halt;
  private final Turn turn;
  private final Bytes key = new Bytes(64);
  private final Bytes row = new Bytes(512);
  private long checksums;

  /**
   * @param capture null where another one has not ended: then there is nothing to write
   */
  SnapshotTask(
      @Nullable TablesCapture capture,
      SnapshotHeader header,
      LedgerFiles ledger,
      Turn turn,
      Halt halt) {
    this.capture = capture;
    this.turn = turn;
    this.header = header;
    this.ledger = ledger;
    this.halt = halt;
  }

  @Override
  public void write(Path file) throws IOException {
    if (capture == null)
      throw new IOException(
          "no snapshot at `" + header.getIndex() + "`: another one is being written");
    try {
      copy(capture, file);
      check(file);
    } catch (CorruptStateException e) {
      halt.halt("the tables are damaged, found while a snapshot was written: " + e.getMessage(), e);
      throw new IOException(e);
    } finally {
      discard();
    }
  }

  private void copy(TablesCapture from, Path file) throws IOException {
    // The header's ledger length must be on the disk before the snapshot is: a crash cuts back to
    // it.
    ledger.sync();
    try (SnapshotOut out = new SnapshotOut(file, header)) {
      TablesCapture.Run run;
      do {
        run = next(from);
        out.begin(run.table, run.generation);
        write(run, out);
        if (!from.usable())
          throw new IOException(
              Text.of(
                  "no snapshot at `%d`: too much changed while it was written, or the node stops",
                  header.getIndex()));
        from.giveBack(run);
      } while (!run.last);
      if (checksums != header.getDigest())
        throw new CorruptStateException(
            Text.of(
                "rows add up to digest `%016x` at index `%d`, the state says `%016x`",
                checksums, header.getIndex(), header.getDigest()));
      out.finish();
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** Waits for rows that apply copied, and copies some itself while apply has nothing to do. */
  private TablesCapture.Run next(TablesCapture from) throws IOException {
    try {
      while (true) {
        TablesCapture.Run run = from.take(WAIT_MS);
        if (run != null) return run;
        if (from.ended() && !from.usable()) throw new IOException("no snapshot: the node stops");
        if (turn.beginIfIdle())
          try {
            from.work(STEP_NS);
          } finally {
            turn.end();
          }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("no snapshot: its thread was interrupted", e);
    }
  }

  private void write(TablesCapture.Run run, SnapshotOut out) throws IOException {
    Bytes rows = run.rows;
    for (int at = 0; at < rows.length(); ) {
      int keyAt = at + 2 * Integer.BYTES;
      int rowAt = keyAt + rows.getInt(at);
      int end = rowAt + rows.getInt(at + Integer.BYTES);
      key.set(rows.array(), keyAt, rowAt - keyAt);
      row.set(rows.array(), rowAt, end - rowAt);
      checksums += Audit.row(run.table, key, row);
      out.row(key, row);
      at = end;
    }
  }

  private void check(Path file) throws IOException {
    check(file, header.getTerm(), header.getIndex(), header.getClusterId());
  }

  /**
   * Proves a snapshot file.
   *
   * @throws IOException if the file is damaged or is another one than was asked for
   * @throws CorruptStateException if the file is as it was written, and its rows contradict each
   *     other
   */
  static void check(Path file, long term, long index, String clusterId) throws IOException {
    try (SnapshotIn in = new SnapshotIn(file)) {
      expect(in, term, index, clusterId);
      long digest = Audit.run(new SnapshotTables(in));
      if (digest != in.header().getDigest())
        throw new CorruptStateException(
            Text.of(
                "rows of snapshot `%s` add up to digest `%016x`, its header says `%016x`",
                file.getFileName(), digest, in.header().getDigest()));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  static void expect(SnapshotIn in, long term, long index, String clusterId) throws IOException {
    SnapshotHeader header = in.header();
    if (header.getTerm() != term || header.getIndex() != index)
      throw in.damaged(
          Text.of(
              "is of term `%d` and index `%d`, not `%d` and `%d`",
              header.getTerm(), header.getIndex(), term, index));
    if (!header.getClusterId().equals(clusterId))
      throw in.damaged("is of cluster `" + header.getClusterId() + "`, not `" + clusterId + "`");
  }

  @Override
  public void discard() {
    if (capture == null || capture.ended()) return;
    turn.begin();
    try {
      capture.end();
    } finally {
      turn.end();
    }
  }
}
