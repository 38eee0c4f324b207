package dev.tallygate.raft.state;

/**
 * A ledger record.
 *
 * <pre>
 *  0  u32  length of the body in bytes
 *  4  u32  CRC32C over bytes 8 to the end of the body
 *  8  u8   version, 1
 *  9  u8   kind: tallygate.log.v1.LedgerKind
 * 10  u16  ordinal within the position
 * 12  u32  tenant
 * 16  u64  position
 * 24  u64  civil clock, microseconds since 1970
 * 32       body: tallygate.log.v1.LedgerBody
 * </pre>
 *
 * <p>Records of one entry stand together, tenant by tenant; the last of each tenant is its SEAL,
 * whose body carries SHA-256(previous seal's hash, then all bytes of the tenant's records since,
 * headers included, without the seal itself). The hash before the first seal is 32 zeros.
 * Little-endian. The same bytes on every node.
 */
public final class LedgerLayout {
  public static final int BODY_LENGTH = 0;
  public static final int CRC = BODY_LENGTH + Integer.BYTES;
  public static final int VERSION = CRC + Integer.BYTES;
  public static final int KIND = VERSION + 1;
  public static final int ORDINAL = KIND + 1;
  public static final int TENANT = ORDINAL + Short.BYTES;
  public static final int POSITION = TENANT + Integer.BYTES;
  public static final int CIVIL_US = POSITION + Long.BYTES;
  public static final int BODY = CIVIL_US + Long.BYTES;

  public static final int VERSION_NOW = 1;
  public static final int HASH_BYTES = 32;

  /** Bound on a body: a catalog or a summary of refusals never reaches it. */
  public static final int BODY_BYTES_MAX = 65_536;

  private LedgerLayout() {}
}
