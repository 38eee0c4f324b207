package dev.tallygate.raft.state;

/**
 * A lease, or a hold until its outcome may be forgotten.
 *
 * <pre>
 * key   0  u32  tenant
 *       4  u64  lease id: the position that opened it
 *
 * row   0  u64  checksum
 *       8  u64  pool number
 *      16  u64  token
 *      24  i64  ends: LIVE and COOLING, HOLD on the elapsed clock; SETTLED on the civil clock;
 *               last use of a SEAT, elapsed clock
 *      32  i64  timer: when the sweep looks at it next, at most {@code ends}
 *      40  i64  ttl ends, elapsed clock: what the holder was promised; when a seat was assigned
 *      48  i64  units
 *      56  i64  charged, of a SETTLED hold
 *      64  i64  opened, civil clock
 *      72  u64  subject reference
 *      80  i64  start of the calendar window that a hold took from; of a session or seat the group
 *               that it counts to (GroupLayout); 0 where none
 *      88  i64  issued_at of the request that gave the token
 *      96  u8   state
 *      97  u8   EndReason, of SETTLED and COOLING
 *      98  u16  length of the holder
 *     100  u16  length of the session part
 *     102  u16  length of the caller
 *     104  u16  length of the request id
 *     106  u8   flags: 1 where the hold is given back at its end instead of charged, 2 where the
 *               units are counted for the holder (HolderLayout); from 16 on the part of the
 *               request that gave the token, from 0
 *     107  u8   number of labels
 *     108       holder, session part, labels (each: u8 length, text; sorted), caller, request id
 * </pre>
 */
final class LeaseLayout {
  static final int POOL = Rows.CONTENT;
  static final int TOKEN = POOL + Long.BYTES;
  static final int ENDS = TOKEN + Long.BYTES;
  static final int TIMER = ENDS + Long.BYTES;
  static final int TTL_ENDS = TIMER + Long.BYTES;
  static final int UNITS = TTL_ENDS + Long.BYTES;
  static final int CHARGED = UNITS + Long.BYTES;
  static final int OPENED = CHARGED + Long.BYTES;
  static final int SUBJECT = OPENED + Long.BYTES;
  static final int WINDOW = SUBJECT + Long.BYTES;
  static final int ISSUED_AT = WINDOW + Long.BYTES;
  static final int STATE = ISSUED_AT + Long.BYTES;
  static final int END_REASON = STATE + 1;
  static final int HOLDER_LENGTH = END_REASON + 1;
  static final int SESSION_LENGTH = HOLDER_LENGTH + Short.BYTES;
  static final int CALLER_LENGTH = SESSION_LENGTH + Short.BYTES;
  static final int REQUEST_LENGTH = CALLER_LENGTH + Short.BYTES;
  static final int FLAGS = REQUEST_LENGTH + Short.BYTES;
  static final int LABELS = FLAGS + 1;
  static final int TAIL = LABELS + 1;

  /** Of a SEAT. */
  static final int LAST_USE = ENDS;

  /** Of a seat, also while it cools down. */
  static final int ASSIGNED = TTL_ENDS;

  /** Of a session or seat, also while it lingers or cools down. */
  static final int GROUP = WINDOW;

  static final int FLAG_EXPIRY_CANCELS = 1;

  static final int FLAG_OF_HOLDER = 2;

  /** Bits of the flags below the part. */
  private static final int PART_SHIFT = 4;

  private static final int FLAGS_MASK = (1 << PART_SHIFT) - 1;

  static final int STATE_LIVE = 1;

  /** A session that was released and lingers, a seat that was taken back and cools down. */
  static final int STATE_COOLING = 2;

  static final int STATE_HOLD = 3;

  /** A hold whose outcome is kept for as long as a request id. */
  static final int STATE_SETTLED = 4;

  /** A named user's. */
  static final int STATE_SEAT = 5;

  private LeaseLayout() {}

  static void key(Bytes out, int tenant, long leaseId) {
    out.clear().addInt(tenant).addLong(leaseId);
  }

  static int holderAt() {
    return TAIL;
  }

  static int sessionAt(Bytes row) {
    return TAIL + row.getShort(HOLDER_LENGTH);
  }

  static int labelsAt(Bytes row) {
    return sessionAt(row) + row.getShort(SESSION_LENGTH);
  }

  static int callerAt(Bytes row) {
    int at = labelsAt(row);
    for (int left = row.getByte(LABELS); left > 0; left--) at += 1 + row.getByte(at);
    return at;
  }

  static int requestAt(Bytes row) {
    return callerAt(row) + row.getShort(CALLER_LENGTH);
  }

  /** Replaces the labels and cuts the row off behind them: its request has to follow. */
  static void labels(Bytes row, AllocateCommand command) {
    row.length(labelsAt(row));
    row.setByte(LABELS, command.labelCount);
    for (int i = 0; i < command.labelCount; i++) {
      row.addByte(command.label(i).length());
      command.label(i).addTo(row);
    }
  }

  static void dropLabels(Bytes row) {
    int to = labelsAt(row);
    int from = callerAt(row);
    System.arraycopy(row.array(), from, row.array(), to, row.length() - from);
    row.length(row.length() - (from - to));
    row.setByte(LABELS, 0);
  }

  /** Part of the request that gave the token. */
  static int part(Bytes row) {
    return row.getByte(FLAGS) >>> PART_SHIFT;
  }

  /** Replaces the request behind the token; the row's length changes with it. */
  static void request(Bytes row, RequestKey key) {
    row.setLong(ISSUED_AT, key.issuedAtUs);
    row.setByte(FLAGS, (row.getByte(FLAGS) & FLAGS_MASK) + (key.part << PART_SHIFT));
    row.setShort(CALLER_LENGTH, key.caller.length());
    row.setShort(REQUEST_LENGTH, key.requestId.length());
    row.length(callerAt(row));
    key.caller.addTo(row);
    key.requestId.addTo(row);
  }
}
