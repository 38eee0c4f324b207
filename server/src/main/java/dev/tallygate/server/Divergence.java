package dev.tallygate.server;

import dev.tallygate.server.config.NodeConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The note that a node leaves when a majority named another digest than its own, and what the next
 * start does about it: the tables go, and every snapshot that is younger than the last index at
 * which this node agreed. The log stays. It is what was voted on, and purged only behind an index
 * that a majority agreed on; so either an older snapshot and the log rebuild the state, or
 * consensus refuses the storage.
 */
final class Divergence {
  private static final Logger LOG = LoggerFactory.getLogger(Divergence.class);
  private static final Pattern NOTE = Pattern.compile("matched-index=([0-9]{1,18})\n");
  private static final Pattern SNAPSHOT = Pattern.compile("snapshot-[0-9]+-([0-9]{1,18})(\\..*)?");

  private final Path note;
  private final Path tables;
  private final Path snapshots;

  Divergence(NodeConfig config) {
    Path dir = config.storage().dir();
    note = dir.resolve("diverged");
    tables = config.storage().tablesDir();
    snapshots = dir.resolve("raft").resolve(config.clusterId().toString()).resolve("sm");
  }

  /** Leaves the note, durably. */
  void note(long matchedIndex) throws IOException {
    try (FileChannel file =
        FileChannel.open(
            note,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      file.write(StandardCharsets.US_ASCII.encode("matched-index=" + matchedIndex + "\n"));
      file.force(true);
    }
    forceDirectory();
  }

  /** Before the storage is opened: does what the note asks for, if there is one. */
  void mend() throws IOException {
    String text;
    try {
      text = Files.readString(note, StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      return;
    }
    Matcher matcher = NOTE.matcher(text);
    // A note cut short by a crash says that something diverged and not when: nothing is trusted.
    long matched = matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
    LOG.warn(
        "this node's state had diverged: its tables go, and its snapshots behind index {}",
        matched);
    deleteAll(tables);
    for (Path file : list(snapshots)) {
      Matcher snapshot = SNAPSHOT.matcher(file.getFileName().toString());
      if (snapshot.matches() && Long.parseLong(snapshot.group(1)) > matched) Files.delete(file);
    }
    Files.delete(note);
    forceDirectory();
  }

  private void forceDirectory() throws IOException {
    try (FileChannel directory = FileChannel.open(note.resolveSibling("."))) {
      directory.force(true);
    }
  }

  private static List<Path> list(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) return List.of();
    try (Stream<Path> files = Files.list(dir)) {
      return files.toList();
    }
  }

  private static void deleteAll(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) return;
    List<Path> files;
    try (Stream<Path> walk = Files.walk(dir)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) Files.delete(file);
  }
}
