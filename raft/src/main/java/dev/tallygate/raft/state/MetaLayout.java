package dev.tallygate.raft.state;

/**
 * The one row of META: what replicas must agree on and no other table holds. Variable in length,
 * read from front to back.
 *
 * <pre>
 * key   0  u8   zero
 *
 * row   0  u64  checksum
 *       8  u32  format, 1
 *      12  u32  feature level
 *      16  u32  tenants made so far: the last number given
 *      20  u32  1 where the settings were seeded
 *      24  u64  length of the ledger
 *      32  u64  start of its last segment
 *      40  u64  wrapping sum of all outcomes
 *      48  u64  highest position of a tenant that is gone
 *      56       clocks (Clocks.writeTo), settings (Settings.writeTo), minutes of request rows (Requests.writeTo),
 *               votes (Agreement.writeTo)
 * </pre>
 */
final class MetaLayout {
  static final int FORMAT = Rows.CONTENT;
  static final int FEATURE_LEVEL = FORMAT + Integer.BYTES;
  static final int TENANTS_MADE = FEATURE_LEVEL + Integer.BYTES;
  static final int SEEDED = TENANTS_MADE + Integer.BYTES;
  static final int LEDGER_LENGTH = SEEDED + Integer.BYTES;
  static final int SEGMENT_START = LEDGER_LENGTH + Long.BYTES;
  static final int OUTCOMES = SEGMENT_START + Long.BYTES;
  static final int POSITIONS_ENDED = OUTCOMES + Long.BYTES;
  static final int TAIL = POSITIONS_ENDED + Long.BYTES;

  static final int FORMAT_NOW = 1;

  private MetaLayout() {}

  static Bytes key() {
    return new Bytes(1).addByte(0);
  }

  static void write(State state, Bytes row) {
    row.length(Rows.CONTENT);
    row.addInt(FORMAT_NOW)
        .addInt(state.featureLevel)
        .addInt(state.tenantsMade)
        .addInt(state.settingsSeeded ? 1 : 0);
    row.addLong(state.ledger.length()).addLong(state.ledger.segmentStart()).addLong(state.outcomes);
    row.addLong(state.positionsEnded);
    state.clocks.writeTo(row);
    state.settings.writeTo(row);
    state.requests.writeTo(row);
    state.agreement.writeTo(row);
  }

  static void read(State state, Bytes row) {
    if (row.getInt(FORMAT) != FORMAT_NOW)
      throw new CorruptStateException("state of format " + row.getInt(FORMAT));
    state.featureLevel = row.getInt(FEATURE_LEVEL);
    if (state.featureLevel > FeatureLevel.SUPPORTED)
      throw new CorruptStateException("state of feature level " + state.featureLevel);
    state.tenantsMade = row.getInt(TENANTS_MADE);
    state.settingsSeeded = row.getInt(SEEDED) != 0;
    state.ledger.restore(row.getLong(LEDGER_LENGTH), row.getLong(SEGMENT_START));
    state.outcomes = row.getLong(OUTCOMES);
    state.positionsEnded = row.getLong(POSITIONS_ENDED);
    int at = state.clocks.readFrom(row, TAIL);
    state.settings = Settings.readFrom(row, at);
    at = state.requests.readFrom(row, at + Settings.FIELDS * Long.BYTES);
    state.agreement.readFrom(row, at);
  }
}
