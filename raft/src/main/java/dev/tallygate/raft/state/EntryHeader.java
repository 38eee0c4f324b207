package dev.tallygate.raft.state;

/**
 * What the leader stamps into an entry when it closes the batch: {@code tallygate.log.v1.Entry}
 * without its commands.
 */
public final class EntryHeader {
  /** Field of {@code tallygate.log.v1.Entry} behind which nothing but commands stands. */
  static final int COMMANDS = 5;

  private int featureLevel;
  private long monotonicUs;
  private long wallUs;
  private boolean hasMedian;
  private long medianUs;
  private long medianAtMonotonicUs;

  public EntryHeader clear() {
    featureLevel = 0;
    monotonicUs = 0;
    wallUs = 0;
    hasMedian = false;
    medianUs = 0;
    medianAtMonotonicUs = 0;
    return this;
  }

  public EntryHeader stamp(int level, long monotonic, long wall) {
    clear();
    featureLevel = level;
    monotonicUs = monotonic;
    wallUs = wall;
    return this;
  }

  public EntryHeader median(long median, long atMonotonic) {
    hasMedian = true;
    medianUs = median;
    medianAtMonotonicUs = atMonotonic;
    return this;
  }

  public int featureLevel() {
    return featureLevel;
  }

  public long monotonicUs() {
    return monotonicUs;
  }

  public long wallUs() {
    return wallUs;
  }

  public boolean hasMedian() {
    return hasMedian;
  }

  public long medianUs() {
    return medianUs;
  }

  public long medianAtMonotonicUs() {
    return medianAtMonotonicUs;
  }

  /** Takes one field of the entry. */
  void read(WireReader in, int field) {
    switch (field) {
      case 1 -> featureLevel = in.int32();
      case 2 -> monotonicUs = in.fixed64();
      case 3 -> wallUs = in.fixed64();
      case 4 -> {
        int end = in.enter();
        hasMedian = true;
        while (in.position() < end) {
          switch (in.field()) {
            case 1 -> medianUs = in.fixed64();
            case 2 -> medianAtMonotonicUs = in.fixed64();
            default -> throw in.unknown("ClockMedian");
          }
        }
        in.leave(end);
      }
      default -> throw in.unknown("Entry");
    }
  }

  /** Appends the header; commands follow with {@link #command}. */
  public void write(Bytes out) {
    WireWriter.int32(out, 1, featureLevel);
    WireWriter.fixed64(out, 2, monotonicUs);
    WireWriter.fixed64(out, 3, wallUs);
    if (!hasMedian) return;
    int body = WireWriter.fixed64Size(medianUs) + WireWriter.fixed64Size(medianAtMonotonicUs);
    WireWriter.enter(out, 4, body);
    WireWriter.fixed64(out, 1, medianUs);
    WireWriter.fixed64(out, 2, medianAtMonotonicUs);
  }

  /** Appends one encoded command to an entry. */
  public static void command(Bytes out, byte[] command, int offset, int count) {
    WireWriter.enter(out, COMMANDS, count);
    out.add(command, offset, count);
  }
}
