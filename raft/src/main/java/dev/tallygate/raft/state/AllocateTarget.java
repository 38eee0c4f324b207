package dev.tallygate.raft.state;

/**
 * {@code tallygate.log.v1.Target}: an entitlement that a command may take from, beside the one that
 * it names first. Reused; its spans point into the entry.
 */
public final class AllocateTarget {
  public int part;
  public int entitlement;
  public final Span partition = new Span();
  public long units;
  public final Span session = new Span();
  public long windowStartUs;
  public long windowEndUs;
  public int refusal;
  public int observed;
  public int group;

  AllocateTarget clear() {
    part = 0;
    entitlement = 0;
    partition.clear();
    units = 0;
    session.clear();
    windowStartUs = 0;
    windowEndUs = 0;
    refusal = 0;
    observed = 0;
    group = 0;
    return this;
  }

  void read(WireReader in, int end) {
    while (in.position() < end) {
      switch (in.field()) {
        case 1 -> part = in.int32();
        case 2 -> entitlement = in.int32();
        case 3 -> in.span(partition);
        case 4 -> units = in.int64();
        case 5 -> in.span(session);
        case 6 -> windowStartUs = in.fixed64();
        case 7 -> windowEndUs = in.fixed64();
        case 8 -> refusal = in.int32();
        case 9 -> observed = in.int32();
        case 10 -> group = in.int32();
        default -> throw in.unknown("Target");
      }
    }
    in.leave(end);
  }

  int size() {
    return WireWriter.int64Size(part)
        + WireWriter.int64Size(entitlement)
        + WireWriter.lengthDelimitedSize(partition.length())
        + WireWriter.int64Size(units)
        + WireWriter.lengthDelimitedSize(session.length())
        + WireWriter.fixed64Size(windowStartUs)
        + WireWriter.fixed64Size(windowEndUs)
        + WireWriter.int64Size(refusal)
        + WireWriter.int64Size(observed)
        + WireWriter.int64Size(group);
  }

  void write(Bytes out, int field) {
    WireWriter.enter(out, field, size());
    WireWriter.int32(out, 1, part);
    WireWriter.int32(out, 2, entitlement);
    WireWriter.span(out, 3, partition);
    WireWriter.int64(out, 4, units);
    WireWriter.span(out, 5, session);
    WireWriter.fixed64(out, 6, windowStartUs);
    WireWriter.fixed64(out, 7, windowEndUs);
    WireWriter.int32(out, 8, refusal);
    WireWriter.int32(out, 9, observed);
    WireWriter.int32(out, 10, group);
  }
}
