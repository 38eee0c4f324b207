package dev.tallygate.raft.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a second process out of a storage directory. The system frees it when the process ends. */
final class StorageLock implements Closeable {
  private static final String NAME = "state.lock";

  private final FileChannel channel;

  private StorageLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @throws IOException if somebody else holds it
   */
  static StorageLock take(Path dir) throws IOException {
    Files.createDirectories(dir);
    FileChannel channel =
        FileChannel.open(dir.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) return new StorageLock(channel);
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException("storage.dir `" + dir + "` is in use by this process already", e);
    }
    channel.close();
    throw new IOException("storage.dir `" + dir + "` is in use by another process");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
