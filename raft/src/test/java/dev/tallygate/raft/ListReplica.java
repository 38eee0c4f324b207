package dev.tallygate.raft;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The simplest state that shows whether consensus is exact: a list of commands, each a long, in the
 * order applied. The result of a command is its position. Entries are {@code stamp, n, n longs}.
 */
final class ListReplica implements Replica {
  private List<Long> list = new ArrayList<>();
  private volatile long appliedTerm;
  private volatile long appliedIndex = NOTHING_APPLIED;
  private long lastStampTerm;
  private long lastStamp;
  volatile boolean closedCleanly;
  volatile int installs;
  volatile int applies;
  volatile @Nullable RuntimeException poison;

  /** Writes what {@link #apply} reads. */
  static final class Writer implements EntryWriter {
    private long stamp;

    @Override
    public int overheadBytesMax(int n) {
      return 12;
    }

    @Override
    public byte[] write(long term, List<byte[]> commands) {
      ByteBuffer entry = ByteBuffer.allocate(12 + 8 * commands.size());
      entry.putLong(++stamp).putInt(commands.size());
      commands.forEach(entry::put);
      return entry.array();
    }
  }

  @Override
  public long appliedTerm() {
    return appliedTerm;
  }

  @Override
  public long appliedIndex() {
    return appliedIndex;
  }

  @Override
  public synchronized void apply(
      long term, long index, ByteBuffer entry, @Nullable ResultSink sink) {
    RuntimeException planned = poison;
    if (planned != null) {
      throw planned;
    }
    applies++;
    long stamp = entry.getLong();
    if (term == lastStampTerm && stamp <= lastStamp) {
      throw new IllegalStateException("stamp " + stamp + " after " + lastStamp);
    }
    lastStampTerm = term;
    lastStamp = stamp;
    int n = entry.getInt();
    if (sink != null && sink.commands() != n) {
      throw new IllegalStateException(n + " commands for " + sink.commands() + " results");
    }
    for (int i = 0; i < n; i++) {
      list.add(entry.getLong());
      if (sink != null) {
        sink.accept((long) list.size());
      }
    }
    moved(term, index);
  }

  @Override
  public synchronized void skip(long term, long index) {
    moved(term, index);
  }

  private void moved(long term, long index) {
    if (index != appliedIndex + 1) {
      throw new IllegalStateException("entry " + index + " after " + appliedIndex);
    }
    appliedTerm = term;
    appliedIndex = index;
  }

  @Override
  public synchronized SnapshotWriter beginSnapshot(long term, long index) {
    List<Long> copy = List.copyOf(list);
    long stampTerm = lastStampTerm;
    long stamp = lastStamp;
    return new SnapshotWriter() {
      @Override
      public void write(Path file) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(term);
        out.writeLong(index);
        out.writeLong(stampTerm);
        out.writeLong(stamp);
        out.writeInt(copy.size());
        for (long value : copy) {
          out.writeLong(value);
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes.toByteArray());
        out.writeLong(crc.getValue());
        Files.write(file, bytes.toByteArray());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
        verify(file, term, index);
      }

      @Override
      public void discard() {}
    };
  }

  @Override
  public void verify(Path snapshot, long term, long index) throws IOException {
    byte[] bytes = Files.readAllBytes(snapshot);
    if (bytes.length < 44) {
      throw new IOException("too short");
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length - 8);
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    if (buffer.getLong(bytes.length - 8) != crc.getValue()
        || buffer.getLong(0) != term
        || buffer.getLong(8) != index) {
      throw new IOException("damaged");
    }
  }

  @Override
  public synchronized void install(Path snapshot, long term, long index) throws IOException {
    verify(snapshot, term, index);
    try (DataInputStream in = new DataInputStream(Files.newInputStream(snapshot))) {
      in.skipNBytes(16);
      lastStampTerm = in.readLong();
      lastStamp = in.readLong();
      int n = in.readInt();
      list = new ArrayList<>(n);
      for (int i = 0; i < n; i++) {
        list.add(in.readLong());
      }
    }
    appliedTerm = term;
    appliedIndex = index;
    installs++;
  }

  @Override
  public void closeCleanly() {
    closedCleanly = true;
  }

  synchronized List<Long> list() {
    return List.copyOf(list);
  }
}
