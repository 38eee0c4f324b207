package dev.tallygate.raft.state;

import java.util.ArrayList;
import java.util.List;

/** One lease or hold as a reader saw it. Reused: valid until its reader reads the next. */
public final class LeaseRow {
  /** What stands of a lease. */
  public enum Standing {
    LIVE,
    /** A named user's. */
    SEAT,
    /** Released or taken back; its units linger or cool down. */
    COOLING,
    HOLD,
    /** A hold that is over, whose outcome is kept for a while. */
    SETTLED
  }

  private final Bytes row = new Bytes(256);

  Bytes row() {
    return row;
  }

  public Standing standing() {
    return switch (row.getByte(LeaseLayout.STATE)) {
      case LeaseLayout.STATE_LIVE -> Standing.LIVE;
      case LeaseLayout.STATE_SEAT -> Standing.SEAT;
      case LeaseLayout.STATE_COOLING -> Standing.COOLING;
      case LeaseLayout.STATE_HOLD -> Standing.HOLD;
      case LeaseLayout.STATE_SETTLED -> Standing.SETTLED;
      default -> throw new CorruptStateException("a lease of an unknown state");
    };
  }

  public long token() {
    return row.getLong(LeaseLayout.TOKEN);
  }

  public long units() {
    return row.getLong(LeaseLayout.UNITS);
  }

  /** When it was opened, civil clock, microseconds since 1970. */
  public long openedUs() {
    return row.getLong(LeaseLayout.OPENED);
  }

  /** When what the holder was promised is over, elapsed clock in microseconds. Not of a SEAT. */
  public long ttlEndsUs() {
    return row.getLong(LeaseLayout.TTL_ENDS);
  }

  /**
   * How much longer a SEAT may stay unused, microseconds; 0 where it may for good.
   *
   * @param elapsedUs the elapsed clock
   */
  public long idleLeftUs(Entitlement of, long elapsedUs) {
    return Seats.leftUs(of, row, elapsedUs);
  }

  /**
   * When its units come back if nothing happens, elapsed clock; civil where it is SETTLED. Not of a
   * SEAT.
   */
  public long endsUs() {
    return row.getLong(LeaseLayout.ENDS);
  }

  /** {@code issued_at} of the request that gave the token, microseconds since 1970. */
  public long issuedAtUs() {
    return row.getLong(LeaseLayout.ISSUED_AT);
  }

  /** Whether the holder's name is exactly these bytes. */
  public boolean isHeldBy(Bytes holder) {
    int length = row.getShort(LeaseLayout.HOLDER_LENGTH);
    int at = LeaseLayout.holderAt();
    return length == holder.length()
        && java.util.Arrays.equals(row.array(), at, at + length, holder.array(), 0, length);
  }

  public String holder() {
    return row.utf8(LeaseLayout.holderAt(), row.getShort(LeaseLayout.HOLDER_LENGTH));
  }

  /** The session's part of its key; empty where the holder alone is the key. */
  public String session() {
    return row.utf8(LeaseLayout.sessionAt(row), row.getShort(LeaseLayout.SESSION_LENGTH));
  }

  /** Sorted. */
  public List<String> labels() {
    List<String> labels = new ArrayList<>();
    int at = LeaseLayout.labelsAt(row);
    for (int left = row.getByte(LeaseLayout.LABELS); left > 0; left--) {
      labels.add(row.utf8(at + 1, row.getByte(at)));
      at += 1 + row.getByte(at);
    }
    return labels;
  }

  /** Of the request that gave the token. */
  public String requestId() {
    return row.utf8(LeaseLayout.requestAt(row), row.getShort(LeaseLayout.REQUEST_LENGTH));
  }
}
