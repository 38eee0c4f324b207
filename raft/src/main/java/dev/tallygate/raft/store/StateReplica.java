package dev.tallygate.raft.store;

import dev.tallygate.proto.log.v1.SnapshotHeader;
import dev.tallygate.raft.Halt;
import dev.tallygate.raft.Replica;
import dev.tallygate.raft.ResultSink;
import dev.tallygate.raft.SnapshotWriter;
import dev.tallygate.raft.state.Audit;
import dev.tallygate.raft.state.Core;
import dev.tallygate.raft.state.CorruptStateException;
import dev.tallygate.raft.state.Outcome;
import dev.tallygate.raft.state.OutcomeSink;
import dev.tallygate.raft.state.Settings;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.View;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replica of one node: the pure core over its mapped tables and ledger files. Opening it locks
 * the storage directory; the tables are used as they are only after a clean stop, else they are
 * emptied and consensus fills them again from snapshot and log. Threads: as {@link Replica} says.
 */
public final class StateReplica implements Replica {
  /**
   * Memory for rows that are overwritten while a snapshot reads the tables; above it, it is given
   * up.
   */
  private static final long UNDO_BYTES_MAX = 256 << 20;

  /**
   * How long apply copies for a snapshot behind each entry: half of what the entry took, within
   * these bounds, so that a snapshot costs latency for a few seconds and never a pause.
   */
  private static final long COPY_NS_MIN = 100_000;

  private static final long COPY_NS_MAX = 2_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(StateReplica.class);
  private static final String TABLES_ID = "id";

  private final StoreConfig config;
  private final Halt halt;
  private final StorageLock lock;
  private final String identity;
  private final LedgerFiles ledger;
  private final MappedTables tables;
  private final Core core;
  private final Scrub scrub;
  private final Turn turn = new Turn();
  private final Outcomes outcomes;

  /** As they were when the bounds were last looked at. Apply thread. */
  private Settings settings = Settings.DEFAULTS;

  /** Whether the ledger's files were brought to the length that the state says. Apply thread. */
  private boolean ledgerResumed;

  private volatile boolean whole = true;
  private volatile long appliedTerm;
  private volatile long appliedIndex = NOTHING_APPLIED;

  /**
   * Opens the storage.
   *
   * @param results turns an outcome into what {@link ResultSink#accept} is given; called on the
   *     apply thread, must not throw, and must not keep the outcome, which is reused
   * @param halt ends the process when the background finds damage
   * @throws IOException if the directory is in use by another process or cannot be read
   */
  public StateReplica(StoreConfig config, Function<Outcome, Object> results, Halt halt)
      throws IOException {
    this.config = config;
    this.halt = halt;
    outcomes = new Outcomes(results);
    lock = StorageLock.take(config.storageDir());
    try {
      CleanStop stop = CleanStop.read(config.storageDir());
      CleanStop.remove(config.storageDir());
      ledger = LedgerFiles.open(config.ledgerDir());
      identity = config.clusterId() + "/" + config.nodeId() + "/" + tablesId();
      boolean asTheyAre = stop != null && matches(stop);
      if (!asTheyAre) MappedTables.delete(config.tablesDir());
      tables = MappedTables.open(config.tablesDir(), config.bounds());
      core = new Core(tables, ledger);
      if (stop != null && asTheyAre) reopen(stop);
    } catch (IOException | RuntimeException | Error e) {
      lock.close();
      throw e;
    }
    scrub = new Scrub(tables, turn, halt);
    scrub.start();
  }

  /**
   * Names this very folder of tables, which may have been exchanged or lost while the node was
   * down.
   */
  private String tablesId() throws IOException {
    Files.createDirectories(config.tablesDir());
    Path file = config.tablesDir().resolve(TABLES_ID);
    if (!Files.exists(file))
      Durable.write(file, UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8));
    return Files.readString(file).strip();
  }

  private boolean matches(CleanStop stop) {
    String why = null;
    if (!stop.identity().equals(identity)) why = "another node's or folder's";
    else if (stop.tableFormat() != MappedTables.FORMAT) why = "of another format";
    else if (stop.ledgerBytes() != ledger.length()) why = "of a ledger of another length";
    if (why != null) LOG.warn("the tables are rebuilt: the marker of the clean stop is {}", why);
    return why == null;
  }

  /** Takes over tables that a clean stop left, after counting everything in them again. */
  private void reopen(CleanStop stop) {
    try {
      long digest = Audit.run(tables);
      if (digest != stop.digest())
        throw new CorruptStateException(
            Text.of("rows add up to digest `%016x`, not `%016x`", digest, stop.digest()));
      if (!core.restore(stop.term(), stop.index()))
        throw new CorruptStateException("the tables are empty");
      if (core.ledgerBytes() != stop.ledgerBytes())
        throw new CorruptStateException("the state says another length of the ledger");
      ledgerResumed = true;
      publish(stop.term(), stop.index());
    } catch (CorruptStateException e) {
      LOG.warn("the tables are rebuilt: {}", e.getMessage());
      tables.clear();
      core.restore(0, NOTHING_APPLIED);
    }
  }

  /** What any thread may read of the state; the same object for as long as this is open. */
  public View view() {
    return core.view();
  }

  /** The pure core: its view is for any thread, all else for the apply thread. */
  public Core core() {
    return core;
  }

  /** The ledger, for readers on any thread. */
  public LedgerFiles ledger() {
    return ledger;
  }

  /**
   * False while a snapshot is being installed: readers would see half of two states. Any thread.
   */
  public boolean isWhole() {
    return whole;
  }

  @Override
  public long appliedTerm() {
    return appliedTerm;
  }

  @Override
  public long appliedIndex() {
    return appliedIndex;
  }

  @Override
  public void apply(long term, long index, ByteBuffer entry, @Nullable ResultSink sink) {
    turn.begin();
    long began = System.nanoTime();
    try {
      resumeLedger();
      int offset = entry.arrayOffset() + entry.position();
      core.apply(term, index, entry.array(), offset, entry.remaining(), outcomes.to(sink));
      // Answers to callers wait for it: they never name a position that the ledger does not show.
      ledger.flush();
      publish(term, index);
      warnOfBounds();
      tables.work(Math.clamp((System.nanoTime() - began) / 2, COPY_NS_MIN, COPY_NS_MAX));
      scrub.step(began);
    } finally {
      turn.endEntry(began);
    }
  }

  @Override
  public void skip(long term, long index) {
    turn.begin();
    try {
      resumeLedger();
      core.skip(term, index);
      publish(term, index);
    } finally {
      turn.end();
    }
  }

  private void publish(long term, long index) {
    appliedTerm = term;
    appliedIndex = index;
  }

  /**
   * Tables hold a multiple of what they are made for, but a cluster may be told to hold more still.
   */
  @SuppressWarnings("ReferenceEquality") // Another object, or nothing has changed.
  private void warnOfBounds() {
    Settings now = core.view().settings();
    if (now == settings) return;
    settings = now;
    for (TableId id : List.of(TableId.POOLS, TableId.LEASES, TableId.SUBJECTS, TableId.TENANTS))
      if (now.bound(id) > config.bounds().rows(id))
        LOG.warn(
            "the cluster allows {} rows of {}, this node's tables are made for {}: raise its bounds",
            now.bound(id),
            id,
            config.bounds().rows(id));
  }

  /** The log begins at its beginning, so the ledger does too. */
  private void resumeLedger() {
    if (ledgerResumed) return;
    try {
      ledger.resume(core.ledgerBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("the ledger cannot be brought to the state's length", e);
    }
    ledgerResumed = true;
  }

  @Override
  public SnapshotWriter beginSnapshot(long term, long index) {
    turn.begin();
    try {
      return new SnapshotTask(
          tables.capture(UNDO_BYTES_MAX), header(term, index), ledger, turn, halt);
    } finally {
      turn.end();
    }
  }

  private SnapshotHeader header(long term, long index) {
    return SnapshotHeader.newBuilder()
        .setFormat(SnapshotLayout.FORMAT_NOW)
        .setFeatureLevel(core.view().featureLevel())
        .setClusterId(config.clusterId())
        .setTerm(term)
        .setIndex(index)
        .setDigest(core.digest())
        .setLedgerBytes(core.ledgerBytes())
        .build();
  }

  @Override
  public void verify(Path snapshot, long term, long index) throws IOException {
    try {
      SnapshotTask.check(snapshot, term, index, config.clusterId());
    } catch (CorruptStateException e) {
      throw new IOException("snapshot `" + snapshot.getFileName() + "`: " + e.getMessage(), e);
    }
  }

  @Override
  public void install(Path snapshot, long term, long index) throws IOException {
    turn.begin();
    try {
      replace(snapshot, term, index);
    } finally {
      turn.end();
    }
  }

  private void replace(Path snapshot, long term, long index) throws IOException {
    whole = false;
    SnapshotHeader header = load(snapshot, term, index);
    ledger.resume(header.getLedgerBytes());
    ledgerResumed = true;
    try {
      core.restore(term, index);
      if (Audit.run(tables) != header.getDigest() || core.digest() != header.getDigest())
        throw new CorruptStateException("rows do not add up to the digest of the header");
      if (core.ledgerBytes() != header.getLedgerBytes())
        throw new CorruptStateException("rows and header differ in the length of the ledger");
    } catch (CorruptStateException e) {
      throw new IOException("snapshot `" + snapshot.getFileName() + "`: " + e.getMessage(), e);
    }
    publish(term, index);
    whole = true;
  }

  private SnapshotHeader load(Path snapshot, long term, long index) throws IOException {
    try (SnapshotIn in = new SnapshotIn(snapshot)) {
      SnapshotTask.expect(in, term, index, config.clusterId());
      tables.clear();
      in.read(
          (table, generation, key, row) -> {
            if (table == TableId.REQUESTS) tables.openRequests(generation).put(key, row);
            else tables.table(table).put(key, row);
          });
      return in.header();
    }
  }

  @Override
  public void closeCleanly() throws IOException {
    scrub.close();
    turn.begin();
    try {
      ledger.close();
      tables.close();
    } finally {
      turn.end();
    }
    if (appliedIndex != NOTHING_APPLIED)
      new CleanStop(
              appliedTerm,
              appliedIndex,
              core.digest(),
              MappedTables.FORMAT,
              identity,
              core.ledgerBytes())
          .write(config.storageDir());
    lock.close();
  }

  /** Hands the outcomes of an entry to whoever waits for them, each turned into a result. */
  private static final class Outcomes implements OutcomeSink {
    private final Function<Outcome, Object> results;
    private @Nullable ResultSink sink;

    Outcomes(Function<Outcome, Object> results) {
      this.results = results;
    }

    OutcomeSink to(@Nullable ResultSink next) {
      sink = next;
      return next == null ? OutcomeSink.NOBODY : this;
    }

    @Override
    public void outcome(int index, Outcome outcome) {
      if (sink != null) sink.accept(results.apply(outcome));
    }
  }
}
