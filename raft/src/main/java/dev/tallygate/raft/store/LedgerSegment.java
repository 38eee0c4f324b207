package dev.tallygate.raft.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One file of the ledger: the bytes from {@code start} on. Its length grows while it is the last,
 * and is what readers may see.
 */
final class LedgerSegment {
  static final String SUFFIX = ".ledger";
  private static final Pattern NAME = Pattern.compile("\\d{20}\\.ledger");

  private final Path path;
  private final long start;
  private volatile long length;

  private LedgerSegment(Path path, long start, long length) {
    this.path = path;
    this.start = start;
    this.length = length;
  }

  static LedgerSegment create(Path dir, long start) throws IOException {
    Path path = dir.resolve(name(start));
    Files.deleteIfExists(path);
    Files.createFile(path);
    return new LedgerSegment(path, start, 0);
  }

  static LedgerSegment of(Path path) throws IOException {
    String name = String.valueOf(path.getFileName());
    if (!NAME.matcher(name).matches())
      throw new IOException("`" + name + "` is not a file of a ledger");
    long start = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
    return new LedgerSegment(path, start, Files.size(path));
  }

  /** A file under another name, with the bytes from {@code start} on. */
  static LedgerSegment of(Path path, long start) throws IOException {
    return new LedgerSegment(path, start, Files.size(path));
  }

  static String name(long start) {
    return String.format(Locale.ROOT, "%020d%s", start, SUFFIX);
  }

  Path path() {
    return path;
  }

  /** Position in the stream of the first byte. */
  long start() {
    return start;
  }

  /** Position in the stream behind the last byte. */
  long end() {
    return start + length;
  }

  void end(long newEnd) {
    length = newEnd - start;
  }
}
