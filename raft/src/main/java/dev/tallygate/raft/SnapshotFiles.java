package dev.tallygate.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshot files of one node: which there are, which of them may be shown to others, which may
 * go. Any thread; the list is replaced as a whole, so a reader never waits.
 */
final class SnapshotFiles implements StateMachineStorage {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotFiles.class);
  private static final Pattern NAME = Pattern.compile("snapshot-(\\d+)-(\\d+)");
  private static final int KEPT = 2;

  private final Path dir;
  private final Path draft;
  private final LongSupplier agreedIndex;

  /** Ascending by index; only verified files. */
  private volatile List<SingleFileSnapshotInfo> files = List.of();

  /** A snapshot that came from the leader, which sends only agreed ones. */
  private volatile long installedIndex = -1;

  private volatile boolean opening = true;

  SnapshotFiles(Path dir, Path draft, LongSupplier agreedIndex) {
    this.dir = dir;
    this.draft = draft;
    this.agreedIndex = agreedIndex;
  }

  /** Lists what the directory holds and reads every file; a damaged one is set aside. */
  void open(Replica replica) throws IOException {
    Files.deleteIfExists(draft);
    List<SingleFileSnapshotInfo> found = new ArrayList<>();
    for (Path file : list()) {
      Matcher name = matcher(file);
      long term = Long.parseLong(name.group(1));
      long index = Long.parseLong(name.group(2));
      try {
        replica.verify(file, term, index);
        found.add(info(file, term, index));
      } catch (IOException e) {
        LOG.error("snapshot `{}` is damaged and set aside", file, e);
        Files.move(file, file.resolveSibling(file.getFileName() + ".damaged"));
      }
    }
    found.sort(Comparator.comparingLong(SingleFileSnapshotInfo::getIndex));
    files = List.copyOf(found);
  }

  /** From here on the node takes part, and shows only agreed snapshots to others. */
  void opened() {
    opening = false;
  }

  Path draft() {
    return draft;
  }

  /** Takes a file that was written and verified at {@link #draft} under its name. */
  synchronized void publish(long term, long index) throws IOException {
    if (!files.isEmpty() && files.getLast().getIndex() >= index) {
      // A snapshot was installed meanwhile.
      Files.delete(draft);
      return;
    }
    Path file = dir.resolve("snapshot-" + term + "-" + index);
    MD5FileUtil.saveMD5File(file.toFile(), MD5FileUtil.computeMd5ForFile(draft.toFile()));
    Disk.moveDurably(draft, file);
    List<SingleFileSnapshotInfo> kept = new ArrayList<>(files);
    kept.add(info(file, term, index));
    while (kept.size() > KEPT) {
      remove(kept.removeFirst());
    }
    files = List.copyOf(kept);
  }

  /** Takes the file that Ratis has just put in place of the whole directory. */
  synchronized SingleFileSnapshotInfo takeInstalled() throws IOException {
    SingleFileSnapshotInfo installed = null;
    for (Path file : list()) {
      Matcher name = matcher(file);
      SingleFileSnapshotInfo found =
          info(file, Long.parseLong(name.group(1)), Long.parseLong(name.group(2)));
      if (installed == null) {
        installed = found;
      } else if (found.getIndex() > installed.getIndex()) {
        remove(installed);
        installed = found;
      } else {
        // One of our own, published between the change of directories and now.
        remove(found);
      }
    }
    if (installed == null) {
      throw new IOException("`" + dir + "` holds no snapshot after one was installed");
    }
    Disk.forceTree(dir);
    Disk.forceParent(dir);
    files = List.of(installed);
    installedIndex = installed.getIndex();
    return installed;
  }

  /** The newest verified snapshot on this disk; null where there is none. */
  @Nullable SingleFileSnapshotInfo newest() {
    List<SingleFileSnapshotInfo> now = files;
    return now.isEmpty() ? null : now.getLast();
  }

  /** The index up to which the log may be purged: the older snapshot, if agreed on; else -1. */
  long purgeableIndex() {
    List<SingleFileSnapshotInfo> now = files;
    if (now.size() < KEPT) {
      return -1;
    }
    long index = now.getFirst().getIndex();
    return isAgreed(index) ? index : -1;
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    List<SingleFileSnapshotInfo> now = files;
    for (int i = now.size() - 1; i >= 0; i--) {
      if (opening || isAgreed(now.get(i).getIndex())) {
        return now.get(i);
      }
    }
    return null;
  }

  @Override
  public void init(RaftStorage storage) {}

  @Override
  public void format() {}

  @Override
  public void cleanupOldSnapshots(SnapshotRetentionPolicy policy) {
    // Done by publish: what may go depends on more than a number.
  }

  private boolean isAgreed(long index) {
    return index <= agreedIndex.getAsLong() || index <= installedIndex;
  }

  private List<Path> list() throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(dir)) {
      return all.filter(f -> matcher(f).matches()).sorted().toList();
    }
  }

  private static Matcher matcher(Path file) {
    Matcher matcher = NAME.matcher(file.getFileName().toString());
    boolean ignored = matcher.matches();
    return matcher;
  }

  private static SingleFileSnapshotInfo info(Path file, long term, long index) throws IOException {
    MD5Hash md5 = MD5FileUtil.readStoredMd5ForFile(file.toFile());
    if (md5 == null) {
      md5 = MD5FileUtil.computeAndSaveMd5ForFile(file.toFile());
    }
    return new SingleFileSnapshotInfo(new FileInfo(file, md5), TermIndex.valueOf(term, index));
  }

  private static void remove(SingleFileSnapshotInfo old) throws IOException {
    Path file = old.getFile().getPath();
    Files.deleteIfExists(file);
    Files.deleteIfExists(MD5FileUtil.getDigestFileForFile(file.toFile()).toPath());
  }
}
