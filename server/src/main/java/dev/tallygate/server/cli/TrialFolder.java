package dev.tallygate.server.cli;

import dev.tallygate.server.tls.TrialCa;
import io.grpc.ChannelCredentials;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder with a CA for a trial, a certificate of it for each node and one for callers, all with
 * their private keys: {@code NAME.crt} and {@code NAME.key}.
 */
final class TrialFolder {
  static final String CA = "ca";
  static final String CLIENT = "client";
  static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "::1");
  static final int DAYS = 365;

  private final Path dir;

  TrialFolder(Path dir) {
    this.dir = dir.toAbsolutePath().normalize();
  }

  Path certificate(String name) {
    return dir.resolve(name + ".crt");
  }

  Path key(String name) {
    return dir.resolve(name + ".key");
  }

  Path dir() {
    return dir;
  }

  /**
   * With what a caller reaches the nodes.
   *
   * @throws CliException if a file cannot be used
   */
  ChannelCredentials callers() {
    return TlsOptions.credentials("", certificate(CA), "", certificate(CLIENT), "", key(CLIENT));
  }

  /**
   * Makes everything, or nothing where the folder holds anything already.
   *
   * @param hostsByNode under which names and addresses each node is reached, by its id
   * @param days that all of it is valid
   * @return the names of the files
   */
  List<String> make(Map<String, List<String>> hostsByNode, int days)
      throws IOException, InterruptedException {
    requireEmpty();
    List<String> files = new ArrayList<>();
    // Valid a day longer than what it vouches for, which is made after it.
    try (TrialCa ca = TrialCa.make("Tallygate trial CA", days + 1)) {
      files.addAll(write(CA, ca.own()));
      for (Map.Entry<String, List<String>> node : hostsByNode.entrySet()) {
        files.addAll(write(node.getKey(), ca.node(node.getKey(), node.getValue(), days)));
      }
      files.addAll(write(CLIENT, ca.client(CLIENT, days)));
    }
    return files;
  }

  private void requireEmpty() throws IOException {
    if (!Files.exists(dir)) {
      Path parent = dir.getParent();
      if (parent != null) Files.createDirectories(parent);
      Files.createDirectory(
          dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    requireOwn();
    try (Stream<Path> there = Files.list(dir)) {
      if (there.findAny().isPresent()) {
        throw new CliException(
            CliExit.USAGE,
            "`" + dir + "` is not empty, and nothing is overwritten: name a new folder with --dir");
      }
    }
  }

  /** Whoever may write to the folder can put a key of his own in the place of one of these. */
  private void requireOwn() throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(dir);
    boolean othersWrite =
        permissions.contains(PosixFilePermission.GROUP_WRITE)
            || permissions.contains(PosixFilePermission.OTHERS_WRITE);
    if (othersWrite || !ownsWhatIsMadeIn(dir)) {
      throw new CliException(
          CliExit.USAGE,
          "others may write to `" + dir + "` or own it: name a new folder with --dir");
    }
  }

  private static boolean ownsWhatIsMadeIn(Path dir) throws IOException {
    Path made = Files.createTempFile(dir, "owner", "");
    try {
      return Files.getOwner(made).equals(Files.getOwner(dir));
    } finally {
      Files.delete(made);
    }
  }

  private List<String> write(String name, TrialCa.Issued issued) throws IOException {
    write(key(name), issued.key(), "rw-------");
    write(certificate(name), issued.certificates(), "rw-r--r--");
    return List.of(name + ".crt", name + ".key");
  }

  /** What is written goes to the file that was made here, with its permissions, and to no other. */
  private static void write(Path file, String text, String permissions) throws IOException {
    try (SeekableByteChannel channel =
        Files.newByteChannel(
            file,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)))) {
      ByteBuffer left = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      while (left.hasRemaining()) channel.write(left);
    }
  }
}
