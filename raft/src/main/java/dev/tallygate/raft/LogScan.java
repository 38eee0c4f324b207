package dev.tallygate.raft;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a log directory before Ratis does, checks every entry and finds where the intact part ends.
 * Used once, at start, by one thread.
 *
 * <pre>
 *  segment:  "RaftLog1" | entry | entry | ... | zeros up to the preallocated size
 *  entry:    length, a varint, never 0 | LogEntryProto | CRC32C of both, big-endian
 * </pre>
 */
final class LogScan {
  /*
   * Ratis alone is not enough. It takes whatever looks like an entry that runs past the end of the file for one that was
   * written in part, and drops it: so does a flipped bit in a length. And it cannot know which bytes had been
   * acknowledged. Here the two questions are answered apart: what is damaged, and (by the watermark) whether that may be
   * cut off. Closed segments were forced as a whole, so damage in them is never a torn write.
   */

  private static final Logger LOG = LoggerFactory.getLogger(LogScan.class);
  private static final Pattern SEGMENT = Pattern.compile("log_(?:(\\d+)-(\\d+)|inprogress_(\\d+))");
  private static final byte[] HEADER = "RaftLog1".getBytes(StandardCharsets.UTF_8);
  private static final int ENTRY_BYTES_MAX = 64 << 20;
  private static final int READ_BYTES = 64 << 10;

  /** A segment file; {@code end} is -1 while it is open. */
  private record Segment(Path file, long start, long end) {
    boolean isOpen() {
      return end < 0;
    }
  }

  /** What a directory holds: {@code first > last} where it holds no entry. */
  record Result(long first, long last, long lastTerm) {}

  private long first = -1;
  private long last = -1;
  private long lastTerm;

  private LogScan() {}

  /**
   * Checks the log and cuts off a damaged tail that nobody can have been promised.
   *
   * @param acknowledged the watermark
   * @param snapshotIndex entries up to here may be missing, a verified snapshot stands for them
   * @throws StorageRefusal if an acknowledged entry is missing or damaged
   */
  static Result check(Path dir, long acknowledged, long snapshotIndex) throws IOException {
    LogScan scan = new LogScan();
    for (Segment segment : segments(dir)) {
      scan.checkSegment(segment, acknowledged, snapshotIndex);
    }
    long held = Math.max(scan.last, snapshotIndex);
    if (held < acknowledged) {
      throw new StorageRefusal(
          String.format(
              Locale.ROOT,
              "`%s` has lost entries: this node acknowledged entry %d, the log ends at %d, the"
                  + " snapshot at %d"
                  + StorageGuard.STAY_OUT,
              dir,
              acknowledged,
              scan.last,
              snapshotIndex));
    }
    return new Result(scan.first, scan.last, scan.lastTerm);
  }

  private static List<Segment> segments(Path dir) throws IOException {
    List<Segment> segments = new ArrayList<>();
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        Matcher name = SEGMENT.matcher(file.getFileName().toString());
        if (name.matches()) {
          boolean open = name.group(3) != null;
          segments.add(
              new Segment(
                  file,
                  Long.parseLong(open ? name.group(3) : name.group(1)),
                  open ? -1 : Long.parseLong(name.group(2))));
        }
      }
    }
    segments.sort(Comparator.comparingLong(Segment::start));
    return segments;
  }

  private void checkSegment(Segment segment, long acknowledged, long snapshotIndex)
      throws IOException {
    boolean restarted = segment.start() > last + 1 && segment.start() <= snapshotIndex + 1;
    if (first < 0 || restarted) {
      // After a snapshot was installed the log goes on behind it; older segments may not be deleted
      // yet.
      first = segment.start();
      last = segment.start() - 1;
    }
    if (segment.start() != last + 1) {
      throw new StorageRefusal(
          String.format(
              Locale.ROOT,
              "`%s` does not follow entry %d: a log segment is missing",
              segment.file(),
              last));
    }
    long intactBytes = read(segment);
    if (!segment.isOpen()) {
      if (last != segment.end()) {
        throw new StorageRefusal(
            String.format(
                Locale.ROOT,
                "`%s` is damaged at byte %d, in entry %d. It was written completely, so this is no"
                    + " torn write"
                    + StorageGuard.STAY_OUT,
                segment.file(),
                intactBytes,
                last + 1));
      }
      return;
    }
    cutTail(segment, intactBytes, acknowledged);
  }

  private void cutTail(Segment segment, long intactBytes, long acknowledged) throws IOException {
    if (intactBytes > 0 && isZeroFrom(segment.file(), intactBytes)) {
      return;
    }
    if (last < acknowledged) {
      throw new StorageRefusal(
          String.format(
              Locale.ROOT,
              "`%s` is damaged at byte %d, in entry %d, and this node acknowledged all entries up"
                  + " to %d"
                  + StorageGuard.STAY_OUT,
              segment.file(),
              intactBytes,
              last + 1,
              acknowledged));
    }
    LOG.warn(
        "{}: cut at byte {}, behind entry {}: what follows was written in part and never"
            + " acknowledged",
        segment.file(),
        intactBytes,
        last);
    if (intactBytes == 0) {
      Files.delete(segment.file());
      return;
    }
    try (FileChannel channel = FileChannel.open(segment.file(), StandardOpenOption.WRITE)) {
      channel.truncate(intactBytes);
      channel.force(true);
    }
  }

  /** Reads intact entries into the fields; returns the offset behind the last of them. */
  private long read(Segment segment) throws IOException {
    long offset = 0;
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(Files.newInputStream(segment.file()), READ_BYTES))) {
      byte[] header = in.readNBytes(HEADER.length);
      if (!Arrays.equals(header, HEADER)) {
        return 0;
      }
      offset = HEADER.length;
      CRC32C crc = new CRC32C();
      byte[] buffer = new byte[READ_BYTES];
      while (segment.isOpen() || last < segment.end()) {
        int length = readLength(in, crc);
        if (length <= 0 || length > ENTRY_BYTES_MAX) {
          break;
        }
        if (buffer.length < length) {
          buffer = new byte[Math.max(length, 2 * buffer.length)];
        }
        in.readFully(buffer, 0, length);
        crc.update(buffer, 0, length);
        if (in.readInt() != (int) crc.getValue() || !takeEntry(buffer, length)) {
          break;
        }
        offset += varintBytes(length) + length + Integer.BYTES;
      }
    } catch (EOFException e) {
      return offset;
    }
    return offset;
  }

  private boolean takeEntry(byte[] buffer, int length) {
    try {
      LogEntryProto entry = LogEntryProto.parseFrom(ByteBuffer.wrap(buffer, 0, length));
      if (entry.getIndex() != last + 1 || entry.getTerm() < lastTerm) {
        return false;
      }
      last = entry.getIndex();
      lastTerm = entry.getTerm();
      return true;
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  private static int readLength(InputStream in, CRC32C crc) throws IOException {
    crc.reset();
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int b = in.read();
      if (b < 0) {
        return 0;
      }
      crc.update(b);
      value |= (b & 0x7f) << shift;
      if ((b & 0x80) == 0) {
        return value;
      }
    }
    return -1;
  }

  private static int varintBytes(int value) {
    int bytes = 1;
    for (int rest = value >>> 7; rest != 0; rest >>>= 7) {
      bytes++;
    }
    return bytes;
  }

  private static boolean isZeroFrom(Path file, long offset) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), READ_BYTES)) {
      in.skipNBytes(Math.min(offset, Files.size(file)));
      for (int b; (b = in.read()) >= 0; ) {
        if (b != 0) {
          return false;
        }
      }
      return true;
    }
  }
}
