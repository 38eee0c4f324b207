package dev.tallygate.raft.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What disks do. */
final class Damage {
  private Damage() {}

  /**
   * Flips a bit behind the last place where the text stands: in the row that has it for its key.
   */
  static void flipNear(Path file, String text) throws IOException {
    byte[] all = Files.readAllBytes(file);
    byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
    for (int at = all.length - wanted.length; at >= 0; at--)
      if (java.util.Arrays.equals(all, at, at + wanted.length, wanted, 0, wanted.length)) {
        flip(file, at + 1, 0);
        return;
      }
    throw new IOException("no `" + text + "` in " + file);
  }

  static void flip(Path file, long at, int bit) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      if (channel.read(one, at) != 1) throw new IOException("nothing at " + at);
      one.put(0, (byte) (one.get(0) ^ 1 << bit));
      one.flip();
      if (channel.write(one, at) != 1) throw new IOException("nothing written at " + at);
    }
  }
}
