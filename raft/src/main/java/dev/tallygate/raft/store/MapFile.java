package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.Table;
import dev.tallygate.raft.state.TableId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One Chronicle map in one file, and the gate its readers pass. Made by {@link #open}; moved,
 * closed and deleted by whoever holds it.
 */
final class MapFile {
  /** So many times the rows fit in before Chronicle refuses; it costs nothing until it is used. */
  private static final double BLOAT = 4;

  /**
   * About the bytes of a segment. A snapshot copies, and the scrub checks, a segment at a time in
   * apply's turn: a few thousand rows take a few hundred microseconds. Smaller ones could not hold
   * an entry whose key and row are as long as the bound on them allows.
   */
  private static final long SEGMENT_BYTES = 4 * Table.BYTES_MAX;

  private static final int SEGMENTS_MAX = 65_536;

  final ReaderGate gate = new ReaderGate();
  final long rows;
  private final ChronicleMap<Bytes, Bytes> map;
  private final Path path;
  private @Nullable Path nameAtRest;

  private MapFile(ChronicleMap<Bytes, Bytes> map, Path path, long rows) {
    this.map = map;
    this.path = path;
    this.rows = rows;
  }

  /**
   * Opens the file or creates it.
   *
   * @param rows what it is made for; of a file that exists, what it was made for
   */
  static MapFile open(TableId id, Path path, long rows) throws IOException {
    long entries = Math.max(rows, segmentRows(id));
    ChronicleMapBuilder<Bytes, Bytes> builder =
        ChronicleMapBuilder.of(Bytes.class, Bytes.class)
            .name(id.name())
            .entries(entries)
            .actualSegments(segments(id, entries))
            .averageKeySize(id.keyBytesAverage())
            .averageValueSize(id.rowBytesAverage())
            .maxBloatFactor(BLOAT)
            .keyReaderAndDataAccess(BytesCodec.INSTANCE, new BytesData())
            .valueReaderAndDataAccess(BytesCodec.INSTANCE, new BytesData())
            // Rows carry a checksum of their own, which is also checked.
            .checksumEntries(false)
            .skipCloseOnExitHook(true);
    try {
      return new MapFile(builder.createPersistedTo(path.toFile()), path, entries);
    } catch (RuntimeException e) {
      throw new IOException("table file `" + path.getFileName() + "` cannot be opened", e);
    }
  }

  /**
   * Opens a file of request rows that exists; the file says itself what it was made for. Chronicle
   * ignores what it is told of such a file but the types.
   */
  static MapFile reopen(Path path) throws IOException {
    if (!Files.isRegularFile(path)) throw new IOException("table file `" + path + "` is missing");
    MapFile opened = open(TableId.REQUESTS, path, 0);
    return new MapFile(opened.map, path, opened.map.segments() * segmentRows(TableId.REQUESTS));
  }

  ChronicleMap<Bytes, Bytes> map() {
    return map;
  }

  Path path() {
    return path;
  }

  /**
   * Says what the file is to be called once it is closed. It is not renamed before: a map that
   * grows looks its file up again, under the name that it was opened by.
   */
  void callAtRest(Path target) {
    nameAtRest = target;
  }

  /** Forces the unmapped file to the disk under the name that it has at rest. */
  void rest() throws IOException {
    Durable.force(path);
    if (nameAtRest != null) Files.move(path, nameAtRest);
  }

  /** Unmaps the file. Only when the gate is drained. */
  void unmap() {
    if (!gate.drained())
      throw new IllegalStateException("readers are inside " + path.getFileName());
    map.close();
  }

  private static long segmentRows(TableId id) {
    return SEGMENT_BYTES / (id.keyBytesAverage() + id.rowBytesAverage());
  }

  private static int segments(TableId id, long entries) {
    long wanted = Long.highestOneBit(Math.max(1, entries / segmentRows(id)));
    return (int) Math.min(wanted, SEGMENTS_MAX);
  }
}
