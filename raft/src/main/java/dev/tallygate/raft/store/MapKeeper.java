package dev.tallygate.raft.store;

import dev.tallygate.raft.state.TableId;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes files for request rows ahead of their minute and takes away those whose minute is over, on
 * a thread of its own: creating, unmapping and deleting are milliseconds that apply does not have.
 */
final class MapKeeper implements Closeable {
  static final String SPARE = "spare";
  static final String SUFFIX = ".map";

  private static final Logger LOG = LoggerFactory.getLogger(MapKeeper.class);
  private static final long RETRY_MS = 20;
  private static final long CLOSE_MS = 10_000;

  private final Path dir;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().name("table-files").daemon().unstarted(task));
  private final AtomicLong numbers = new AtomicLong(1);
  private final AtomicReference<MapFile> spare = new AtomicReference<>();

  /** Keeper's thread only. */
  private final List<MapFile> dropped = new ArrayList<>();

  MapKeeper(Path dir) {
    this.dir = dir;
  }

  /**
   * Makes up a file name. Chronicle knows the files of a process by their first name, and takes one
   * that is opened under the name of another, which was renamed or deleted but is still open, for
   * the same: so no name is ever used twice.
   */
  String name(String prefix) {
    return prefix + "-" + numbers.getAndIncrement() + SUFFIX;
  }

  /** Says that a name with this number exists. */
  void numberTaken(long number) {
    numbers.accumulateAndGet(number + 1, Math::max);
  }

  /**
   * Returns an empty file for request rows, prepared or made now.
   *
   * @param prefix of its name
   * @param rows wanted; a prepared file of at least a quarter of it will do
   */
  MapFile take(String prefix, long rows) {
    Path path = dir.resolve(name(prefix));
    try {
      MapFile prepared = spare.getAndSet(null);
      if (prepared != null && prepared.rows >= rows / 4) {
        prepared.callAtRest(path);
        return prepared;
      }
      if (prepared != null) drop(prepared);
      return MapFile.open(TableId.REQUESTS, path, rows);
    } catch (IOException e) {
      throw new UncheckedIOException("table file `" + path.getFileName() + "` cannot be made", e);
    }
  }

  /** Prepares a file for that many rows, unless there is one. Returns at once. */
  void prepare(long rows) {
    if (spare.get() != null || thread.isShutdown()) return;
    thread.execute(
        () -> {
          if (spare.get() != null) return;
          Path path = dir.resolve(name(SPARE));
          try {
            MapFile made = MapFile.open(TableId.REQUESTS, path, rows);
            if (!spare.compareAndSet(null, made)) discard(made);
          } catch (IOException | RuntimeException e) {
            // Without a spare the apply thread makes its file itself, and ends the process if it
            // cannot.
            LOG.warn("no file prepared for request rows", e);
          }
        });
  }

  /** Whether {@link #take} would find a file that was made ahead. */
  boolean hasSpare() {
    return spare.get() != null;
  }

  /** Unmaps and deletes a file as soon as nobody reads it. Returns at once. */
  void drop(MapFile file) {
    file.gate.close();
    thread.execute(
        () -> {
          if (!discard(file)) {
            if (dropped.isEmpty()) retryLater();
            dropped.add(file);
          }
        });
  }

  private void retryLater() {
    var unused = thread.schedule(this::retry, RETRY_MS, TimeUnit.MILLISECONDS);
  }

  private void retry() {
    dropped.removeIf(MapKeeper::discard);
    if (!dropped.isEmpty()) retryLater();
  }

  private static boolean discard(MapFile file) {
    file.gate.close();
    if (!file.gate.drained()) return false;
    file.unmap();
    try {
      Files.deleteIfExists(file.path());
    } catch (IOException e) {
      LOG.warn("table file `{}` cannot be deleted", file.path(), e);
    }
    return true;
  }

  /** Ends the thread and deletes the spare and all that was dropped; waits for their readers. */
  @Override
  public void close() throws IOException {
    thread.shutdown();
    boolean ended;
    try {
      ended = thread.awaitTermination(CLOSE_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended = false;
    }
    if (!ended)
      throw new IOException("readers of dropped request rows did not end in " + CLOSE_MS + " ms");
    MapFile prepared = spare.getAndSet(null);
    if (prepared != null) discard(prepared);
  }
}
