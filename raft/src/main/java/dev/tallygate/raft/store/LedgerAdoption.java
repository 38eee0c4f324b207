package dev.tallygate.raft.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Fills the first gap of a ledger with bytes from another node. They wait in a file of their own
 * until the gap is closed; then the chain must hold from before the gap, through it, to the end of
 * the ledger, whose seals this node computed itself.
 */
final class LedgerAdoption {
  private static final String WAITING = "adopted.part";

  private final Path dir;
  private final LedgerFiles files;

  LedgerAdoption(Path dir, LedgerFiles files) {
    this.dir = dir;
    this.files = files;
  }

  long adopt(long position, byte[] bytes) throws IOException {
    if (files.gaps().isEmpty()) throw new IOException("the ledger has no gap");
    LedgerFiles.Gap gap = files.gaps().getFirst();
    Path waiting = dir.resolve(WAITING);
    boolean anew = position == gap.from() || !Files.exists(waiting);
    long have = anew ? 0 : Files.size(waiting);
    if (position != gap.from() + have)
      throw new IOException(
          Text.of("bytes of the ledger from `%d` do not follow `%d`", position, gap.from() + have));
    if (position + bytes.length > gap.to())
      throw new IOException(
          Text.of(
              "bytes of the ledger up to `%d` reach past the gap, which ends at `%d`",
              position + bytes.length, gap.to()));
    write(waiting, have, bytes);
    long end = position + bytes.length;
    if (end == gap.to()) close(gap, waiting);
    return end;
  }

  private static void write(Path file, long at, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.truncate(at).position(at);
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) channel.write(rest);
    }
  }

  private void close(LedgerFiles.Gap gap, Path waiting) throws IOException {
    Durable.force(waiting);
    Path named = dir.resolve(LedgerSegment.name(gap.from()));
    Path checked = dir.resolve(LedgerSegment.name(gap.from()) + ".check");
    Files.move(waiting, checked, StandardCopyOption.REPLACE_EXISTING);
    LedgerSegment filled = LedgerSegment.of(checked, gap.from());
    try {
      check(filled);
    } catch (IOException e) {
      Files.delete(checked);
      throw e;
    }
    Files.move(checked, named, StandardCopyOption.ATOMIC_MOVE);
    Durable.forceDir(dir);
    files.adopted(LedgerSegment.of(named));
  }

  private void check(LedgerSegment filled) throws IOException {
    LedgerChain chain = new LedgerChain();
    for (LedgerSegment segment : files.segments())
      if (segment.end() <= filled.start()) chain.accept(segment);
    chain.accept(filled);
    for (LedgerSegment segment : files.segments()) {
      if (segment.start() < filled.end()) continue;
      // Behind another gap nothing follows from what is before it.
      if (segment.start() != chain.end()) return;
      chain.accept(segment);
    }
  }
}
