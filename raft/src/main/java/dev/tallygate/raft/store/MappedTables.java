package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import dev.tallygate.raft.state.Tables;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one replica, in one mapped file. What threads may do is said by {@link Table} and
 * {@link Tables}; all other methods belong to the apply thread.
 *
 * <p>The file is a view of the log, not a store: only after a clean stop is there a second file
 * beside it that says where the rows are, and without that one it begins empty.
 */
public final class MappedTables implements Tables, Closeable {
  /** Changes whenever a file of an older version must not be opened. */
  static final int FORMAT = 5;

  private static final String ROWS = "rows.map";
  private static final String PLACES = "places";

  // The second file: regions, zeros, secret, what each table was made for; then table by table, as
  // MappedTable writes them; then a CRC32C of all that.
  private static final int REGIONS = 0;
  private static final int SECRET = REGIONS + 2 * Integer.BYTES;
  private static final int ROWS_OF = SECRET + 2 * Long.BYTES;
  private static final int TABLES = ROWS_OF + TableId.values().length * Long.BYTES;

  /** Of the request rows of a minute: how many will come is not known. */
  private static final int MINUTE_SEGMENTS = 1 << 12;

  private final Path dir;
  private final Blocks blocks;
  private final TableBounds bounds;
  private final SecretHash hash;
  private final Map<TableId, MappedTable> tables = new EnumMap<>(TableId.class);

  /** Ascending by minute; a dozen at most, so looking through them is faster than a map. */
  private volatile MappedTable[] requests = {};

  // Apply thread only.
  private @Nullable TablesCapture capture;
  private final List<MappedTable> dropped = new ArrayList<>();

  private MappedTables(Path dir, Blocks blocks, TableBounds bounds, SecretHash hash) {
    this.dir = dir;
    this.blocks = blocks;
    this.bounds = bounds;
    this.hash = hash;
  }

  /**
   * Opens the tables as a clean close left them, else empty ones.
   *
   * @throws IOException if the file cannot be opened or made, or is not what was left
   */
  public static MappedTables open(Path dir, TableBounds bounds) throws IOException {
    Files.createDirectories(dir);
    Path places = dir.resolve(PLACES);
    Bytes saved = Files.exists(places) ? unsealed(Files.readAllBytes(places)) : null;
    // What was made for other bounds cannot hold what these promise.
    if (saved != null && !bounds.equals(boundsOf(saved))) saved = null;
    // From here on the rows move.
    Durable.delete(places);
    if (saved == null) Files.deleteIfExists(dir.resolve(ROWS));
    Blocks blocks = Blocks.open(dir.resolve(ROWS), saved == null ? 0 : saved.getInt(REGIONS));
    SecretHash hash = saved == null ? SecretHash.fresh() : SecretHash.read(saved, SECRET);
    MappedTables opened = new MappedTables(dir, blocks, bounds, hash);
    if (saved != null) opened.restore(saved);
    for (TableId id : TableId.values())
      if (id != TableId.REQUESTS)
        opened.tables.computeIfAbsent(
            id, made -> opened.make(made, 0, MappedTable.segmentsFor(bounds.rows(made))));
    return opened;
  }

  private MappedTable make(TableId id, long generation, int segments) {
    return new MappedTable(id, generation, blocks, segments, hash);
  }

  /** Deletes the files of a folder, in which nothing may be open. */
  public static void delete(Path dir) throws IOException {
    Files.deleteIfExists(dir.resolve(PLACES));
    Files.deleteIfExists(dir.resolve(ROWS));
  }

  private static TableBounds boundsOf(Bytes saved) {
    return new TableBounds(
        rowsOf(saved, TableId.POOLS),
        rowsOf(saved, TableId.LEASES),
        rowsOf(saved, TableId.REQUESTS),
        rowsOf(saved, TableId.SUBJECTS),
        rowsOf(saved, TableId.TENANTS),
        rowsOf(saved, TableId.ENTITLEMENTS));
  }

  private static long rowsOf(Bytes saved, TableId id) {
    return saved.getLong(ROWS_OF + id.ordinal() * Long.BYTES);
  }

  private void restore(Bytes saved) {
    boolean[] lent = new boolean[blocks.count()];
    List<MappedTable> minutes = new ArrayList<>();
    int at = TABLES;
    while (at < saved.length()) {
      TableId id = idOf(saved.getInt(at));
      long generation = saved.getLong(at + Integer.BYTES);
      int segments = saved.getInt(at + Integer.BYTES + Long.BYTES);
      MappedTable table = make(id, generation, segments);
      at = table.restore(saved, at + 2 * Integer.BYTES + Long.BYTES, lent);
      if (id == TableId.REQUESTS) minutes.add(table);
      else tables.put(id, table);
    }
    requests = minutes.toArray(MappedTable[]::new);
    for (int block = 0; block < lent.length; block++) if (!lent[block]) blocks.reclaim(block);
  }

  private static TableId idOf(int number) {
    for (TableId id : TableId.values()) if (id.number() == number) return id;
    throw new IllegalArgumentException("no table `" + number + "`");
  }

  @Override
  public Table table(TableId id) {
    return single(id);
  }

  private MappedTable single(TableId id) {
    MappedTable table = tables.get(id);
    if (table == null) throw new IllegalArgumentException(id + " has a table for each minute");
    return table;
  }

  @Override
  public Table openRequests(long minute) {
    Table found = requests(minute);
    if (found != null) return found;
    MappedTable made = make(TableId.REQUESTS, minute, MINUTE_SEGMENTS);
    MappedTable[] more = Arrays.copyOf(requests, requests.length + 1);
    more[more.length - 1] = made;
    Arrays.sort(more, Comparator.comparingLong(MappedTable::generation));
    requests = more;
    return made;
  }

  @Override
  public @Nullable Table requests(long minute) {
    MappedTable[] now = requests;
    for (int i = now.length - 1; i >= 0; i--) if (now[i].generation() == minute) return now[i];
    return null;
  }

  @Override
  public void dropRequests(long minute) {
    MappedTable[] now = requests;
    requests =
        Arrays.stream(now)
            .filter(table -> table.generation() != minute)
            .toArray(MappedTable[]::new);
    for (MappedTable table : now) if (table.generation() == minute) drop(table);
  }

  private void drop(MappedTable table) {
    table.hide();
    // The rows of a minute that was there when a snapshot began belong to it.
    if (table.isCaptured()) dropped.add(table);
    else table.release();
  }

  @Override
  public long[] requestMinutes() {
    return Arrays.stream(requests).mapToLong(MappedTable::generation).toArray();
  }

  @Override
  public void clear() {
    endCapture();
    for (long minute : requestMinutes()) dropRequests(minute);
    tables.values().forEach(MappedTable::clear);
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
    // the minutes that still take rows.
    for (TableId id : List.of(TableId.META, TableId.TENANTS, TableId.ENTITLEMENTS, TableId.POOLS))
      captures.add(single(id).capture(log));
    MappedTable[] minutes = requests;
    for (int i = minutes.length - 1; i >= 0; i--) captures.add(minutes[i].capture(log));
    for (TableId id :
        List.of(
            TableId.LEASES,
            TableId.SESSIONS,
            TableId.HOLDERS,
            TableId.GROUPS,
            TableId.SUBJECTS,
            TableId.NAMES,
            TableId.CATALOG_VERSIONS,
            TableId.LABELS,
            TableId.LABEL_BLOCKS,
            TableId.ENTITIES)) captures.add(single(id).capture(log));
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
    forEach(MappedTable::captured);
    dropped.forEach(MappedTable::release);
    dropped.clear();
  }

  private void endCapture() {
    if (capture == null) return;
    capture.giveUp();
    capture.end();
    tidy();
  }

  /** All tables as they are at the moment. In turn. */
  List<MappedTable> all() {
    List<MappedTable> all = new ArrayList<>();
    forEach(all::add);
    return all;
  }

  private void forEach(Consumer<MappedTable> action) {
    tables.values().forEach(action);
    for (MappedTable table : requests) action.accept(table);
  }

  /** Blocks that hold rows or their index; the rest of the file waits to be used again. */
  long blocksLent() {
    return Math.max(0, blocks.count() - 1L - blocks.freeCount());
  }

  /**
   * Forces everything to the disk, so that {@link #open} finds it again.
   *
   * @throws IOException if the disk fails: the next open then begins empty
   */
  @Override
  public void close() throws IOException {
    endCapture();
    Bytes places = new Bytes(1 << 16);
    hash.writeTo(places.addInt(blocks.regions()).addInt(0));
    for (TableId id : TableId.values()) places.addLong(bounds.rows(id));
    forEach(table -> table.save(places));
    blocks.close();
    Durable.write(dir.resolve(PLACES), sealed(places));
  }

  private static byte[] sealed(Bytes content) {
    int length = content.length();
    return content.addInt(crc(content.array(), length)).copy();
  }

  /** Null where it is not as it was written. */
  private static @Nullable Bytes unsealed(byte[] file) {
    int length = file.length - Integer.BYTES;
    if (length < TABLES) return null;
    Bytes content = Bytes.of(file);
    return content.getInt(length) == crc(file, length) ? content.length(length) : null;
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
