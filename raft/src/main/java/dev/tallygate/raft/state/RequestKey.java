package dev.tallygate.raft.state;

/**
 * {@code tallygate.log.v1.RequestKey}: who asked, under which id, and a hash of what. Reused from
 * command to command.
 */
public final class RequestKey {
  public final Span caller = new Span();
  public final Span requestId = new Span();
  public long issuedAtUs;
  public long contentHigh;
  public long contentLow;

  /** Which part of the request is spoken of; given by apply, not part of a message. */
  int part;

  RequestKey clear() {
    caller.clear();
    requestId.clear();
    issuedAtUs = 0;
    contentHigh = 0;
    contentLow = 0;
    part = 0;
    return this;
  }

  void read(WireReader in) {
    clear();
    int end = in.enter();
    while (in.position() < end) {
      switch (in.field()) {
        case 1 -> in.span(caller);
        case 2 -> in.span(requestId);
        case 3 -> issuedAtUs = in.fixed64();
        case 4 -> contentHigh = in.fixed64();
        case 5 -> contentLow = in.fixed64();
        default -> throw in.unknown("RequestKey");
      }
    }
    in.leave(end);
  }

  int size() {
    return WireWriter.lengthDelimitedSize(caller.length())
        + WireWriter.lengthDelimitedSize(requestId.length())
        + WireWriter.fixed64Size(issuedAtUs)
        + WireWriter.fixed64Size(contentHigh)
        + WireWriter.fixed64Size(contentLow);
  }

  void write(Bytes out, int field) {
    WireWriter.enter(out, field, size());
    WireWriter.span(out, 1, caller);
    WireWriter.span(out, 2, requestId);
    WireWriter.fixed64(out, 3, issuedAtUs);
    WireWriter.fixed64(out, 4, contentHigh);
    WireWriter.fixed64(out, 5, contentLow);
  }

  /** The minute whose table keeps the answer. */
  static long minute(long issuedAtUs) {
    return Math.floorDiv(issuedAtUs, RequestLayout.MINUTE_US);
  }
}
