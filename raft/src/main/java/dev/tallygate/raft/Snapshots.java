package dev.tallygate.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes snapshots: the copy on the apply thread, the file on a background thread, at most one at a
 * time. Lives as long as the node.
 */
final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

  /** What the node does before and after. */
  interface Events {
    void halt(String why, Throwable cause);

    /** Has {@link #begin} called on the apply thread soon, although nothing is being applied. */
    void wakeApply();

    void written();
  }

  private record Request(long minIndex, CompletableFuture<Long> done) {}

  private final RaftNodeConfig config;
  private final Replica replica;
  private final SnapshotFiles files;
  private final Executor background;
  private final Events events;

  // Of the apply thread.
  private long entries;
  private long bytes;

  // Guarded by this.
  private final List<Request> requests = new ArrayList<>();
  private boolean running;

  /** Written under the lock; a snapshot is asked for, so the next entry applied begins it. */
  private volatile boolean wanted;

  Snapshots(
      RaftNodeConfig config,
      Replica replica,
      SnapshotFiles files,
      Executor background,
      Events events) {
    this.config = config;
    this.replica = replica;
    this.files = files;
    this.background = background;
    this.events = events;
  }

  /** An entry was applied; called on the apply thread. */
  void applied(long term, long index, int entryBytes) {
    entries++;
    bytes += entryBytes;
    boolean due =
        wanted
            || (config.snapshotEntries() > 0 && entries >= config.snapshotEntries())
            || (config.snapshotLogBytes() > 0 && bytes >= config.snapshotLogBytes());
    if (due) {
      begin(term, index);
    }
  }

  /** The tables were replaced by a snapshot, on the apply thread: it counts as the last one. */
  void installed(long index) {
    entries = 0;
    bytes = 0;
    finish(index);
  }

  /** Copies the tables now, unless a snapshot is being written; called on the apply thread. */
  void begin(long term, long index) {
    synchronized (this) {
      if (running) {
        return;
      }
      running = true;
    }
    entries = 0;
    bytes = 0;
    long startNs = System.nanoTime();
    SnapshotWriter writer = replica.beginSnapshot(term, index);
    LOG.info(
        "copied the tables at {}/{} in {} us", term, index, (System.nanoTime() - startNs) / 1_000);
    background.execute(() -> write(writer, term, index));
  }

  /** A snapshot that holds at least what is applied now; completes with its index. */
  CompletableFuture<Long> request(long appliedIndex) {
    var newest = files.newest();
    if (newest != null && newest.getIndex() >= appliedIndex) {
      return CompletableFuture.completedFuture(newest.getIndex());
    }
    if (appliedIndex <= 0) {
      return CompletableFuture.failedFuture(
          new RaftFailure(RaftFailure.Reason.REFUSED, "nothing has been applied yet"));
    }
    CompletableFuture<Long> done = new CompletableFuture<>();
    synchronized (this) {
      requests.add(new Request(appliedIndex, done));
      wanted = true;
      if (running) {
        // Asked again when the present one is finished, unless that one serves.
        return done;
      }
    }
    events.wakeApply();
    return done;
  }

  private void write(SnapshotWriter writer, long term, long index) {
    try {
      try {
        Files.deleteIfExists(files.draft());
        writer.write(files.draft());
      } finally {
        // Also where nothing was begun to be written: what the copy holds on to is let go.
        writer.discard();
      }
      files.publish(term, index);
      LOG.info("wrote snapshot {}/{}", term, index);
    } catch (IOException e) {
      // The log holds what the snapshot would; the next one is tried when it is due.
      LOG.error("snapshot {}/{} cannot be written", term, index, e);
      synchronized (this) {
        running = false;
      }
      failRequests(new RaftFailure(RaftFailure.Reason.REFUSED, "snapshot: " + e.getMessage()));
      return;
    } catch (RuntimeException | Error e) {
      events.halt("cannot write snapshot " + term + "/" + index, e);
      return;
    }
    synchronized (this) {
      running = false;
    }
    events.written();
    finish(index);
  }

  private void finish(long index) {
    List<CompletableFuture<Long>> served = new ArrayList<>();
    boolean more;
    synchronized (this) {
      for (Iterator<Request> it = requests.iterator(); it.hasNext(); ) {
        Request request = it.next();
        if (request.minIndex() <= index) {
          served.add(request.done());
          it.remove();
        }
      }
      wanted = !requests.isEmpty();
      more = wanted && !running;
    }
    served.forEach(done -> done.complete(index));
    if (more) {
      events.wakeApply();
    }
  }

  void failRequests(RaftFailure failure) {
    List<Request> failed;
    synchronized (this) {
      failed = List.copyOf(requests);
      requests.clear();
      wanted = false;
    }
    failed.forEach(r -> r.done().completeExceptionally(failure));
  }
}
