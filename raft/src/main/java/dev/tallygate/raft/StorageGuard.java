package dev.tallygate.raft;

import java.io.IOException;
import java.io.Reader;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides at start whether this storage directory is this node's, and whole. Used by one thread,
 * before Ratis opens the log.
 *
 * <pre>
 *  lock        held while a node runs on the directory
 *  identity    who this is; written last at the first start, so it vouches for all the rest
 *  watermark   what this node has acknowledged
 *  raft/       one directory for each Raft group: current (log, vote), sm (snapshots), tmp
 * </pre>
 */
final class StorageGuard {
  private static final Logger LOG = LoggerFactory.getLogger(StorageGuard.class);

  /** What to do with a node that lost what it acknowledged; ends a message. */
  static final String STAY_OUT =
      ". Do not start it as a new member or from an old copy: it would forget its votes and what it"
          + " acknowledged. The others serve while a majority of all runs. This release cannot"
          + " replace a member, nor add one under a new id";

  private final RaftNodeConfig config;
  private final Path root;
  private final Path identity;
  private final Path groupDir;
  private @Nullable FileChannel lock;

  StorageGuard(RaftNodeConfig config) {
    this.config = config;
    root = config.storageDir();
    identity = root.resolve("identity");
    groupDir = raftDir().resolve(config.clusterId().toString());
  }

  Path raftDir() {
    return root.resolve("raft");
  }

  SnapshotFiles snapshotFiles(LongSupplier agreedIndex) {
    return new SnapshotFiles(groupDir.resolve("sm"), root.resolve("snapshot.draft"), agreedIndex);
  }

  /** Checks everything and forces it to the disk; returns the watermark, opened. */
  Watermark admit(SnapshotFiles snapshots, Replica replica) throws IOException {
    Files.createDirectories(raftDir());
    takeLock();
    boolean known = Files.exists(identity);
    boolean holdsLog = Files.exists(groupDir.resolve("current").resolve("raft-meta"));
    if (known) {
      checkIdentity();
      if (!holdsLog) {
        throw new StorageRefusal(
            "`"
                + groupDir
                + "` is empty, but `"
                + identity
                + "` says that this node was a member"
                + STAY_OUT);
      }
    } else {
      refuseForeignFiles();
      if (holdsLog) {
        // The first start was interrupted before the node took part: Ratis had made its directory,
        // nothing more.
        LOG.info("{}: the first start was interrupted and goes on", root);
      }
      Watermark.create(watermarkFile());
    }
    Disk.forceTree(root);
    // What a power failure may have taken from the page cache is gone now or safe now: from here
    // on, what can be read is what is on the disk. After kill -9 alone, Ratis would count unsynced
    // bytes as durable.
    Watermark watermark = Watermark.open(watermarkFile());
    snapshots.open(replica);
    if (holdsLog) {
      checkLog(watermark, snapshots);
    }
    return watermark;
  }

  /** Ratis has made or opened its directory; nothing has been sent yet. */
  void vouch() throws IOException {
    Disk.forceTree(root);
    if (!Files.exists(identity)) {
      Disk.writeDurably(identity, describe(UUID.randomUUID()).getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Lets another process start on this directory. */
  void release() throws IOException {
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }

  private void takeLock() throws IOException {
    FileChannel channel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        lock = channel;
        return;
      }
    } catch (OverlappingFileLockException e) {
      LOG.debug("{}: locked by this process", root, e);
    }
    channel.close();
    throw new StorageRefusal("`" + root + "` is in use by another node");
  }

  private Path watermarkFile() {
    return root.resolve("watermark");
  }

  private void refuseForeignFiles() throws IOException {
    if (!config.mayFormat()) {
      throw new StorageRefusal(
          "`"
              + root
              + "` holds no member's state, and this node may not start as a new one. If it never"
              + " ran before, its first start needs `--new-member`. If it did, its disk is lost"
              + STAY_OUT);
    }
    try (Stream<Path> groups = Files.list(raftDir())) {
      for (Path group : groups.toList()) {
        if (!group.equals(groupDir) || holdsEntries(group)) {
          throw new StorageRefusal(
              "`" + group + "` holds a log, but `" + identity + "` is missing" + STAY_OUT);
        }
      }
    }
  }

  private static boolean holdsEntries(Path group) throws IOException {
    Path current = group.resolve("current");
    if (!Files.isDirectory(current)) {
      return false;
    }
    try (Stream<Path> files = Files.list(current)) {
      return files.anyMatch(f -> f.getFileName().toString().startsWith("log_"));
    }
  }

  private void checkIdentity() throws IOException {
    Map<String, String> found = new LinkedHashMap<>();
    for (String line : Files.readAllLines(identity)) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        found.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    expect(found, "format", "1");
    expect(found, "cluster", config.clusterId().toString());
    expect(found, "node", config.nodeId());
  }

  private void expect(Map<String, String> found, String key, String expected)
      throws StorageRefusal {
    String value = found.get(key);
    if (!expected.equals(value)) {
      throw new StorageRefusal(
          String.format(
              Locale.ROOT,
              "`%s` belongs to another member: its %s is `%s`, this node's is `%s`",
              root,
              key,
              value,
              expected));
    }
  }

  private String describe(UUID incarnation) {
    return "format=1\ncluster="
        + config.clusterId()
        + "\nnode="
        + config.nodeId()
        + "\nincarnation="
        + incarnation
        + "\n";
  }

  private void checkLog(Watermark watermark, SnapshotFiles snapshots) throws IOException {
    var newest = snapshots.newest();
    long snapshotIndex = newest == null ? -1 : newest.getIndex();
    Path current = groupDir.resolve("current");
    LogScan.Result log = LogScan.check(current, watermark.index(), snapshotIndex);
    if (log.first() > snapshotIndex + 1) {
      throw new StorageRefusal(
          String.format(
              Locale.ROOT,
              "`%s` begins at entry %d, and no intact snapshot reaches it (newest: %d)%s",
              current,
              log.first(),
              snapshotIndex,
              STAY_OUT));
    }
    checkVote(current.resolve("raft-meta"), log.lastTerm());
  }

  /** The vote has no checksum of its own; at least it must not contradict the log. */
  private void checkVote(Path file, long lastTerm) throws IOException {
    Properties meta = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      meta.load(reader);
    } catch (IllegalArgumentException e) {
      throw new StorageRefusal("`" + file + "` is damaged: " + e.getMessage() + STAY_OUT);
    }
    String term = meta.getProperty("term", "");
    String vote = meta.getProperty("votedFor", "");
    boolean known =
        vote.equals(RaftStorageMetadata.getDefault().getVotedFor().toString())
            || config.peers().stream().anyMatch(p -> p.id().equals(vote));
    if (!term.matches("\\d{1,18}") || Long.parseLong(term) < lastTerm || !known) {
      throw new StorageRefusal(
          String.format(
              Locale.ROOT,
              "`%s` is damaged: it says term `%s` and vote `%s`, the log's last term is %d%s",
              file,
              term,
              vote,
              lastTerm,
              STAY_OUT));
    }
  }
}
