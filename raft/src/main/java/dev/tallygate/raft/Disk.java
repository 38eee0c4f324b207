package dev.tallygate.raft;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Forcing to the disk what Java and Ratis leave to the system: names, and files that lie there. */
final class Disk {

  private Disk() {}

  static void forceDirectory(Path dir) throws IOException {
    try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Makes the name of a file or directory durable. */
  static void forceParent(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      forceDirectory(parent);
    }
  }

  static void forceFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Forces every file and directory below and including {@code dir}. */
  static void forceTree(Path dir) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(dir)) {
      paths = walk.toList();
    }
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        forceDirectory(path);
      } else if (Files.isRegularFile(path)) {
        forceFile(path);
      }
    }
  }

  /** Writes a small file so that after a crash it is there whole, or as it was before. */
  static void writeDurably(Path file, byte[] content) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".draft");
    Files.write(draft, content);
    forceFile(draft);
    moveDurably(draft, file);
  }

  /** Renames within one file system, replacing the target, and forces the target's directory. */
  static void moveDurably(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    forceParent(to);
  }
}
