package dev.tallygate.raft.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The marker of a clean stop: says what the table files hold. Written after they were forced to the
 * disk, removed before they are opened. Where it is missing or says anything else, the tables are
 * rebuilt.
 *
 * @param term of the last entry that the tables hold
 * @param index of that entry
 * @param digest of the state after it
 * @param tableFormat of the files
 * @param identity of cluster, node and tables folder
 * @param ledgerBytes length of the ledger
 */
record CleanStop(
    long term, long index, long digest, int tableFormat, String identity, long ledgerBytes) {
  private static final String NAME = "clean-stop";
  private static final String CRC = "crc32c";

  /** Null where there is no marker, or not a whole one. */
  static @Nullable CleanStop read(Path dir) throws IOException {
    Path file = dir.resolve(NAME);
    if (!Files.exists(file)) return null;
    String text = Files.readString(file, StandardCharsets.UTF_8);
    int crcAt = text.lastIndexOf(CRC);
    if (crcAt < 0) return null;
    Map<String, String> values = new HashMap<>();
    for (String line : text.lines().toList()) {
      int equals = line.indexOf('=');
      if (equals > 0) values.put(line.substring(0, equals), line.substring(equals + 1));
    }
    if (!crcOf(text.substring(0, crcAt)).equals(values.get(CRC))) return null;
    try {
      return new CleanStop(
          Long.parseLong(value(values, "term")),
          Long.parseLong(value(values, "index")),
          Long.parseUnsignedLong(value(values, "digest"), 16),
          Integer.parseInt(value(values, "table-format")),
          value(values, "identity"),
          Long.parseLong(value(values, "ledger-bytes")));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static String value(Map<String, String> values, String key) {
    return values.getOrDefault(key, "");
  }

  void write(Path dir) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("term=" + term);
    lines.add("index=" + index);
    lines.add("digest=" + Long.toHexString(digest));
    lines.add("table-format=" + tableFormat);
    lines.add("identity=" + identity);
    lines.add("ledger-bytes=" + ledgerBytes);
    String text = String.join("\n", lines) + "\n";
    Durable.write(
        dir.resolve(NAME),
        (text + CRC + "=" + crcOf(text) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Removes the marker for good, before anything that it speaks of may change. */
  static void remove(Path dir) throws IOException {
    Durable.delete(dir.resolve(NAME));
  }

  private static String crcOf(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
