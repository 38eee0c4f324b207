package dev.tallygate.raft.state;

import org.jspecify.annotations.Nullable;

/**
 * What speaks of one lease or hold by its id and token: {@code tallygate.log.v1.Renew}, {@code
 * Release} and {@code Settle}. One class for the three, since they differ in one field. Reused.
 */
public final class LeaseCommand {
  /** Fields of {@code tallygate.log.v1.Command}. */
  public enum Kind {
    RENEW(2),
    RELEASE(3),
    SETTLE(4);

    private static final @Nullable Kind[] BY_FIELD = new Kind[SETTLE.field + 1];

    static {
      for (Kind kind : values()) BY_FIELD[kind.field] = kind;
    }

    private final int field;

    Kind(int field) {
      this.field = field;
    }

    public int field() {
      return field;
    }

    /** Null where the field is another command's. */
    static @Nullable Kind of(int field) {
      return field < BY_FIELD.length ? BY_FIELD[field] : null;
    }
  }

  public Kind kind = Kind.RELEASE;
  public int tenant;
  public long leaseId;
  public long token;

  /** RENEW: the ttl that is wanted. */
  public long ttlUs;

  /** SETTLE: units to charge. */
  public long units;

  /** SETTLE: give everything back. */
  public boolean cancel;

  public LeaseCommand clear(Kind newKind) {
    kind = newKind;
    tenant = 0;
    leaseId = 0;
    token = 0;
    ttlUs = 0;
    units = 0;
    cancel = false;
    return this;
  }

  LeaseCommand read(WireReader in, int end, Kind of) {
    clear(of);
    while (in.position() < end) {
      int field = in.field();
      switch (field) {
        case 1 -> tenant = in.int32();
        case 2 -> leaseId = in.fixed64();
        case 3 -> token = in.fixed64();
        default -> readOwn(in, field);
      }
    }
    in.leave(end);
    return this;
  }

  private void readOwn(WireReader in, int field) {
    if (kind == Kind.RENEW && field == 4) ttlUs = in.int64();
    else if (kind == Kind.SETTLE && field == 4) units = in.int64();
    else if (kind == Kind.SETTLE && field == 5) cancel = in.bool();
    else throw in.unknown(kind.name());
  }

  /** Appends the whole {@code Command}. */
  public void write(Bytes out) {
    long fourth = kind == Kind.RENEW ? ttlUs : units;
    int body =
        WireWriter.int64Size(tenant)
            + WireWriter.fixed64Size(leaseId)
            + WireWriter.fixed64Size(token)
            + WireWriter.int64Size(fourth)
            + WireWriter.int64Size(cancel ? 1 : 0);
    WireWriter.enter(out, kind.field(), body);
    WireWriter.int32(out, 1, tenant);
    WireWriter.fixed64(out, 2, leaseId);
    WireWriter.fixed64(out, 3, token);
    WireWriter.int64(out, 4, fourth);
    WireWriter.bool(out, 5, cancel);
  }
}
