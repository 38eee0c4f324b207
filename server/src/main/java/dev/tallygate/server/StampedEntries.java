package dev.tallygate.server;

import dev.tallygate.raft.EntryWriter;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.EntryHeader;
import dev.tallygate.raft.state.View;
import java.util.List;
import java.util.function.IntConsumer;

/** Writes entries with the clocks of this machine. The proposing executor alone. */
final class StampedEntries implements EntryWriter {
  private static final int HEADER_BYTES_MAX = 64;
  private static final int COMMAND_BYTES_MAX = 6; // A tag and the longest length.

  private final View view;
  private final ClusterClock clock;
  private final TimeSource time;
  private final IntConsumer batchSizes;
  private final EntryHeader header = new EntryHeader();
  private final Bytes out = new Bytes(64 << 10);

  /**
   * @param batchSizes told the number of commands of each entry
   */
  StampedEntries(View view, ClusterClock clock, TimeSource time, IntConsumer batchSizes) {
    this.view = view;
    this.clock = clock;
    this.time = time;
    this.batchSizes = batchSizes;
  }

  @Override
  public int overheadBytesMax(int n) {
    return HEADER_BYTES_MAX + n * COMMAND_BYTES_MAX;
  }

  @Override
  public byte[] write(long term, List<byte[]> commands) {
    header.stamp(view.featureLevel(), time.monotonicNs() / 1_000, time.wallUs());
    ClusterClock.Median median = clock.median(term);
    if (median != null) header.median(median.medianUs(), median.atMonotonicUs());
    out.clear();
    header.write(out);
    for (byte[] command : commands) {
      EntryHeader.command(out, command, 0, command.length);
    }
    batchSizes.accept(commands.size());
    return out.copy();
  }
}
