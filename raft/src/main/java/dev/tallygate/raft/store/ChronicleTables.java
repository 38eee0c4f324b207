package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.Tables;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one replica in Chronicle maps: one file for each table, and at least one for each
 * minute of request rows. What threads may do is said by {@link Table} and {@link Tables}; all
 * other methods belong to the apply thread.
 *
 * <p>The files are a view of the log, not a store: after anything but a clean stop they are deleted
 * and filled again, because a process that is killed leaves its locks in them.
 */
public final class ChronicleTables implements Tables, Closeable {
  /** Changes whenever a file of an older version must not be opened. */
  static final int FORMAT = 1;

  /** Table, minute of request rows (else 0), and a number that makes the name unique. */
  private static final Pattern NAME = Pattern.compile("([a-z]+)-(\\d+)-(\\d+)\\.map");

  private static final long CLOSE_NS = 10_000_000_000L;
  private static final long CLOSE_STEP_NS = 1_000_000;

  private final Path dir;
  private final TableBounds bounds;
  private final MapKeeper keeper;
  private final Map<TableId, ChronicleTable> tables = new EnumMap<>(TableId.class);

  /** Ascending by minute; a dozen at most, so looking through them is faster than a map. */
  private volatile RequestTable[] requests = {};

  /** Apply thread only. */
  private @Nullable TablesCapture capture;

  private ChronicleTables(Path dir, TableBounds bounds) {
    this.dir = dir;
    this.bounds = bounds;
    keeper = new MapKeeper(dir);
  }

  /**
   * Opens the files of a folder as they are, and creates those that are missing.
   *
   * @throws IOException if a file cannot be opened or created
   */
  public static ChronicleTables open(Path dir, TableBounds bounds) throws IOException {
    Files.createDirectories(dir);
    ChronicleTables opened = new ChronicleTables(dir, bounds);
    TreeMap<String, List<Path>> found = opened.find();
    for (TableId id : TableId.values())
      if (id != TableId.REQUESTS) {
        List<Path> files = found.getOrDefault(prefix(id, 0), List.of());
        if (files.size() > 1) throw new IOException("table " + id + " has more than one file");
        MapFile file =
            files.isEmpty()
                ? opened.create(id)
                : MapFile.open(id, files.getFirst(), bounds.rows(id));
        opened.tables.put(id, new ChronicleTable(id, file));
      }
    opened.openMinutes(found);
    opened.keeper.prepare(RequestTable.ROWS_MIN);
    return opened;
  }

  /** Deletes all table files of a folder, in which nothing may be open. */
  public static void delete(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) return;
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(MapKeeper.SUFFIX)) Files.delete(file);
      }
    }
  }

  /** Files by table and minute. */
  private TreeMap<String, List<Path>> find() throws IOException {
    TreeMap<String, List<Path>> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        if (!name.matches()) continue;
        keeper.numberTaken(Long.parseLong(name.group(3)));
        String prefix = name.group(1) + "-" + name.group(2);
        found.computeIfAbsent(prefix, p -> new ArrayList<>()).add(file);
      }
    }
    return found;
  }

  private void openMinutes(TreeMap<String, List<Path>> found) throws IOException {
    List<RequestTable> minutes = new ArrayList<>();
    String requestsPrefix = "requests-";
    for (Map.Entry<String, List<Path>> minute : found.entrySet()) {
      if (!minute.getKey().startsWith(requestsPrefix)) continue;
      List<MapFile> files = new ArrayList<>();
      for (Path file : minute.getValue()) files.add(MapFile.reopen(file));
      long number = Long.parseLong(minute.getKey().substring(requestsPrefix.length()));
      minutes.add(new RequestTable(number, keeper, files));
    }
    minutes.sort(Comparator.comparingLong(RequestTable::minute));
    requests = minutes.toArray(RequestTable[]::new);
  }

  private MapFile create(TableId id) throws IOException {
    return MapFile.open(id, dir.resolve(keeper.name(prefix(id, 0))), bounds.rows(id));
  }

  /** What names of the files of a table, or of a minute of request rows, begin with. */
  static String prefix(TableId id, long minute) {
    return id.name().toLowerCase(Locale.ROOT) + "-" + minute;
  }

  @Override
  public Table table(TableId id) {
    return single(id);
  }

  private ChronicleTable single(TableId id) {
    ChronicleTable table = tables.get(id);
    if (table == null) throw new IllegalArgumentException(id + " has a table for each minute");
    return table;
  }

  @Override
  public Table openRequests(long minute) {
    RequestTable[] now = requests;
    for (int i = now.length - 1; i >= 0; i--) if (now[i].minute() == minute) return now[i];
    RequestTable made = RequestTable.create(minute, keeper, rowsExpected());
    RequestTable[] more = Arrays.copyOf(now, now.length + 1);
    more[now.length] = made;
    Arrays.sort(more, Comparator.comparingLong(RequestTable::minute));
    requests = more;
    keeper.prepare(rowsExpected());
    return made;
  }

  @Override
  public @Nullable Table requests(long minute) {
    RequestTable[] now = requests;
    for (int i = now.length - 1; i >= 0; i--) if (now[i].minute() == minute) return now[i];
    return null;
  }

  @Override
  public void dropRequests(long minute) {
    RequestTable[] now = requests;
    requests =
        Arrays.stream(now).filter(table -> table.minute() != minute).toArray(RequestTable[]::new);
    for (RequestTable table : now)
      if (table.minute() == minute)
        for (ChronicleTable part : table.parts()) keeper.drop(part.file());
  }

  @Override
  public long[] requestMinutes() {
    return Arrays.stream(requests).mapToLong(RequestTable::minute).toArray();
  }

  @Override
  public void clear() {
    for (long minute : requestMinutes()) dropRequests(minute);
    for (TableId id : TableId.values()) if (id != TableId.REQUESTS) exchange(id);
  }

  /** Whether the next minute's file was made ahead. */
  boolean preparedAhead() {
    return keeper.hasSpare();
  }

  /** What a new minute is likely to hold: as much as the fullest of late, and a quarter more. */
  private long rowsExpected() {
    long most = 0;
    for (RequestTable table : requests) most = Math.max(most, table.count());
    return Math.clamp(most + most / 4, RequestTable.ROWS_MIN, RequestTable.ROWS_MAX);
  }

  private void exchange(TableId id) {
    ChronicleTable table = single(id);
    try {
      keeper.drop(table.replace(create(id)));
    } catch (IOException e) {
      throw new UncheckedIOException("table " + id + " cannot be emptied", e);
    }
  }

  /**
   * Begins to capture the tables as they are now; apply may go on at once.
   *
   * @param undoBytesMax bound on the memory for what is overwritten until the reading is done
   * @return null where another capture has not ended
   */
  @Nullable TablesCapture capture(long undoBytesMax) {
    tidy();
    if (capture != null) return null;
    UndoLog log = new UndoLog(undoBytesMax);
    List<TableCapture> captures = new ArrayList<>();
    // What changes most a row goes first, so that little must be kept: the small hot tables, then
    // the
    // minutes that still take rows.
    for (TableId id : List.of(TableId.META, TableId.TENANTS, TableId.ENTITLEMENTS, TableId.POOLS))
      captures.add(single(id).capture(log, 0));
    RequestTable[] minutes = requests;
    for (int i = minutes.length - 1; i >= 0; i--)
      for (ChronicleTable part : minutes[i].parts())
        captures.add(part.capture(log, minutes[i].minute()));
    for (TableId id : List.of(TableId.LEASES, TableId.SESSIONS, TableId.SUBJECTS, TableId.NAMES))
      captures.add(single(id).capture(log, 0));
    capture = new TablesCapture(captures);
    return capture;
  }

  /** Goes on copying for the capture that there may be, for about so long. For each entry. */
  void work(long budgetNs) {
    if (capture == null) return;
    capture.work(budgetNs);
    tidy();
  }

  private void tidy() {
    if (capture == null || !capture.ended()) return;
    capture = null;
    forEachPart(ChronicleTable::captured);
  }

  /** All tables as they are at the moment, those of request rows file by file. Any thread. */
  List<ChronicleTable> parts() {
    List<ChronicleTable> parts = new ArrayList<>();
    forEachPart(parts::add);
    return parts;
  }

  private void forEachPart(Consumer<ChronicleTable> action) {
    tables.values().forEach(action);
    for (RequestTable table : requests) table.parts().forEach(action);
  }

  /**
   * Unmaps all files, once their readers are gone, and forces them to the disk.
   *
   * @throws IOException if readers do not leave within ten seconds, or the disk fails: the files
   *     must then not be opened again
   */
  @Override
  public void close() throws IOException {
    if (capture != null) {
      capture.giveUp();
      capture.end();
    }
    keeper.close();
    List<MapFile> files = new ArrayList<>();
    forEachPart(part -> files.add(part.file()));
    for (MapFile file : files) file.gate.close();
    long deadline = System.nanoTime() + CLOSE_NS;
    for (MapFile file : files) {
      while (!file.gate.drained()) {
        if (System.nanoTime() - deadline > 0)
          throw new IOException(
              "readers of `" + file.path().getFileName() + "` did not end in 10 s");
        LockSupport.parkNanos(CLOSE_STEP_NS);
      }
      file.unmap();
      file.rest();
    }
    Durable.forceDir(dir);
  }
}
