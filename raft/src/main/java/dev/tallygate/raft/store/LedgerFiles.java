package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.LedgerSink;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The ledger of one node: a stream of bytes in segment files, each named by the 20-digit position
 * of its first byte. The apply thread appends; any thread reads what is published.
 *
 * <p>All nodes hold the same stream, and cut it into segments at the same positions, but for a node
 * that began in the middle: it also has a boundary where it began. Such a node lacks what came
 * before until it has {@link #adopt adopted} it.
 */
public final class LedgerFiles implements LedgerSink, Closeable {

  /**
   * A run of bytes of the stream that this node does not hold.
   *
   * @param from position of the first missing byte
   * @param to position behind the last
   */
  public record Gap(long from, long to) {}

  private static final int BUFFER_BYTES = 256 << 10;

  private final Path dir;
  private final ConcurrentSkipListMap<Long, LedgerSegment> segments = new ConcurrentSkipListMap<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final LedgerAdoption adoption;
  private final LedgerIndex index;

  /** Open files that were written since they were last forced. Guarded by itself. */
  private final List<FileChannel> unforced = new ArrayList<>();

  private final ReentrantLock grown = new ReentrantLock();
  private final Condition growth = grown.newCondition();
  private final AtomicInteger waiting = new AtomicInteger();

  /** What readers may see. */
  private volatile long length;

  /**
   * Apply thread only, like all below: the file that is appended to, and the length with the
   * buffer.
   */
  private LedgerSegment last;

  private FileChannel channel;
  private long written;

  private LedgerFiles(Path dir, List<LedgerSegment> found) throws IOException {
    this.dir = dir;
    for (LedgerSegment segment : found) segments.put(segment.start(), segment);
    last = found.isEmpty() ? create(0) : found.getLast();
    channel = openLast();
    written = last.end();
    length = written;
    adoption = new LedgerAdoption(dir, this);
    index = new LedgerIndex(this);
  }

  /**
   * Opens or creates the directory.
   *
   * @throws IOException if it holds files that cannot be a ledger, or cannot be read
   */
  public static LedgerFiles open(Path dir) throws IOException {
    Files.createDirectories(dir);
    return new LedgerFiles(dir, scan(dir));
  }

  /** The segments of a directory, ascending; they do not overlap. */
  static List<LedgerSegment> scan(Path dir) throws IOException {
    List<LedgerSegment> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(dir)) {
      List<Path> named =
          files.filter(file -> file.toString().endsWith(LedgerSegment.SUFFIX)).sorted().toList();
      for (Path file : named) found.add(LedgerSegment.of(file));
    }
    for (int i = 1; i < found.size(); i++)
      if (found.get(i - 1).end() > found.get(i).start())
        throw new IOException(
            Text.of(
                "ledger file `%s` is longer than where the next begins",
                found.get(i - 1).path().getFileName()));
    return found;
  }

  private LedgerSegment create(long start) throws IOException {
    LedgerSegment segment = LedgerSegment.create(dir, start);
    segments.put(start, segment);
    return segment;
  }

  private FileChannel openLast() throws IOException {
    FileChannel opened = FileChannel.open(last.path(), StandardOpenOption.WRITE);
    opened.position(last.end() - last.start());
    synchronized (unforced) {
      unforced.add(opened);
    }
    return opened;
  }

  @Override
  public void append(long position, byte[] bytes, int offset, int count) {
    expect(position);
    int from = offset;
    int left = count;
    while (left > 0) {
      int step = Math.min(left, buffer.remaining());
      buffer.put(bytes, from, step);
      from += step;
      left -= step;
      if (!buffer.hasRemaining()) drain();
    }
    written += count;
  }

  @Override
  public void roll(long position) {
    expect(position);
    // Published with the rest of the entry: what a reader sees here, it can ask the state about.
    drain();
    last.end(written);
    if (last.start() == position) return;
    try {
      last = create(position);
      channel = openLast();
    } catch (IOException e) {
      throw new UncheckedIOException("ledger segment at " + position + " cannot be made", e);
    }
  }

  private void expect(long position) {
    if (position != written)
      throw new IllegalStateException(
          Text.of("the ledger's files end at `%d`, the state says `%d`", written, position));
  }

  /**
   * Hands what was appended to the operating system and publishes it. Once an entry; apply thread.
   */
  public void flush() {
    if (length == written) return;
    drain();
    last.end(written);
    length = written;
    if (waiting.get() > 0) wake();
  }

  private void drain() {
    buffer.flip();
    try {
      while (buffer.hasRemaining()) {
        // A full disk shows here. Half a record may then be in the file, and is not published.
        if (channel.write(buffer) == 0) throw new IOException("nothing was written");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "ledger `" + last.path().getFileName() + "`: " + e.getMessage(), e);
    }
    buffer.clear();
  }

  private void wake() {
    grown.lock();
    try {
      growth.signalAll();
    } finally {
      grown.unlock();
    }
  }

  /** The length of the stream as readers may see it. Any thread. */
  public long length() {
    return length;
  }

  /**
   * Waits until the stream is longer than {@code position}.
   *
   * @return the length then, or at the end of the time
   */
  public long awaitBeyond(long position, long timeoutMs) throws InterruptedException {
    if (length > position) return length;
    long left = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    grown.lock();
    try {
      waiting.incrementAndGet();
      while (length <= position && left > 0) left = growth.awaitNanos(left);
      return length;
    } finally {
      waiting.decrementAndGet();
      grown.unlock();
    }
  }

  /**
   * Forces to the disk what was published before the call. Any thread but the apply thread, which
   * it would hold up for as long as the disk takes.
   */
  public void sync() throws IOException {
    List<FileChannel> toForce;
    synchronized (unforced) {
      toForce = List.copyOf(unforced);
    }
    for (FileChannel file : toForce) file.force(true);
    Durable.forceDir(dir);
    synchronized (unforced) {
      // The last one goes on being written; those before it are complete.
      while (unforced.size() > 1 && toForce.contains(unforced.getFirst()))
        unforced.removeFirst().close();
    }
  }

  /**
   * Sets the length to what the state says, after the tables went back to an earlier state or came
   * from elsewhere. What is behind is dropped, and will be appended again. Where the files are
   * shorter, the bytes between become a gap. Apply thread.
   */
  void resume(long position) throws IOException {
    buffer.clear();
    closeWritten();
    if (position <= segments.lastEntry().getValue().end()) cut(position);
    else begin(position);
    channel = openLast();
    written = position;
    length = position;
    Durable.force(last.path());
    Durable.forceDir(dir);
    index.clear();
  }

  private void cut(long position) throws IOException {
    for (LedgerSegment behind : segments.tailMap(position, false).values()) {
      segments.remove(behind.start());
      Files.delete(behind.path());
    }
    Map.Entry<Long, LedgerSegment> at = segments.floorEntry(position);
    if (at == null || at.getValue().end() < position) {
      // The cut is in a gap, or where nothing is held: go on from there.
      last = create(position);
      return;
    }
    last = at.getValue();
    last.end(position);
    try (FileChannel cut = FileChannel.open(last.path(), StandardOpenOption.WRITE)) {
      cut.truncate(position - last.start());
    }
  }

  /** Goes on behind the end of the files. Half a record at their end would never be completed. */
  private void begin(long position) throws IOException {
    LedgerSegment before = segments.lastEntry().getValue();
    long whole = LedgerReader.wholeUpTo(before);
    try (FileChannel cut = FileChannel.open(before.path(), StandardOpenOption.WRITE)) {
      cut.truncate(whole - before.start());
      cut.force(true);
    }
    before.end(whole);
    if (whole == before.start()) {
      segments.remove(before.start());
      Files.delete(before.path());
    }
    last = create(position);
  }

  private void closeWritten() throws IOException {
    synchronized (unforced) {
      for (FileChannel file : unforced) file.close();
      unforced.clear();
    }
  }

  /**
   * Reads records from {@code position} on, which must be where a record begins. Any thread.
   *
   * @throws LedgerNotHeldException if this node does not hold the position
   */
  public LedgerReader reader(long position) throws IOException {
    return new LedgerReader(this, position);
  }

  /** The first position that this node holds. */
  public long begin() {
    return segments.firstEntry().getValue().start();
  }

  /** The segment with this position, or with this position at its end if none begins there. */
  LedgerSegment segment(long position) throws IOException {
    Map.Entry<Long, LedgerSegment> at = segments.floorEntry(position);
    if (at == null || at.getValue().end() < position)
      throw new LedgerNotHeldException(
          "this node does not hold position `" + position + "` of the ledger");
    return at.getValue();
  }

  /** All segments, ascending. */
  List<LedgerSegment> segments() {
    return List.copyOf(segments.values());
  }

  /**
   * Where reading must begin to see every record of {@code tenant} behind {@code afterPosition}:
   * not after the first of them, and not far before it. Any thread; may read a segment.
   *
   * @throws LedgerNotHeldException if this node does not hold them all
   */
  public long seek(int tenant, long afterPosition) throws IOException {
    return index.seek(tenant, afterPosition);
  }

  /** What this node does not hold, because it joined by a snapshot; ascending. Any thread. */
  public List<Gap> gaps() {
    List<Gap> gaps = new ArrayList<>();
    long end = 0;
    for (LedgerSegment segment : segments.values()) {
      if (segment.start() > end) gaps.add(new Gap(end, segment.start()));
      end = segment.end();
    }
    return gaps;
  }

  /**
   * Reads raw bytes for another node: whole records only, at most {@code bytesMax} unless a single
   * record is longer. Any thread.
   *
   * @return empty at the end of the stream
   * @throws IOException if this node does not hold the position, or a record is damaged
   */
  public byte[] read(long position, int bytesMax) throws IOException {
    long end = position;
    try (LedgerReader reader = reader(position)) {
      Bytes run = new Bytes(bytesMax);
      while (reader.next()) {
        if (end > position && reader.end() - position > bytesMax) break;
        run.add(reader.record());
        end = reader.end();
      }
      return run.copy();
    }
  }

  /**
   * Takes bytes that another node read: the beginning of the first gap. When they close it, the
   * whole of it is checked against the chain before it counts as held. One thread at a time, not
   * the apply thread.
   *
   * @return where the next bytes must begin, or the end of the gap once it is closed
   * @throws IOException if the bytes do not fit in, or the chain does not hold: what was taken of
   *     this gap is then dropped, and asking another node is safe
   */
  public long adopt(long position, byte[] bytes) throws IOException {
    return adoption.adopt(position, bytes);
  }

  /** Takes a file that closes a gap. */
  void adopted(LedgerSegment segment) {
    segments.put(segment.start(), segment);
  }

  /** Publishes, forces and closes. Readers go on reading. Apply thread, the last call. */
  @Override
  public void close() throws IOException {
    flush();
    sync();
    closeWritten();
  }
}
