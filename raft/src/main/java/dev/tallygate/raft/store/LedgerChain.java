package dev.tallygate.raft.store;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.LedgerLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Proves a ledger from its bytes alone: checksums, order, the hash chain of each tenant, and a
 * recount of every pool. Begins at the beginning; stops at the first fault by throwing {@link
 * DamagedLedgerException}. Knows nothing of nodes: it works on a directory that was copied
 * elsewhere. One thread.
 */
public final class LedgerChain {

  /**
   * What was found of one tenant.
   *
   * @param number the tenant
   * @param name as it was created; empty where the record of that is missing
   * @param records seals included
   * @param position of its last record
   * @param head SHA-256 of its last seal, in hexadecimal
   * @param pools that exist at the end
   * @param taken units of all pools that are not free at the end
   */
  public record TenantReport(
      int number, String name, long records, long position, String head, long pools, long taken) {}

  /**
   * What was found.
   *
   * @param bytes up to where everything is proven
   * @param fault null where the whole ledger is intact; else the first fault and where it is
   */
  public record Report(
      long records, long bytes, List<TenantReport> tenants, @Nullable String fault) {
    public boolean intact() {
      return fault == null;
    }
  }

  private static final class Tenant {
    String name = "";
    long records;
    long position;
    int ordinal;
    boolean unsealed;
    final byte[] head = new byte[LedgerLayout.HASH_BYTES];
    final MessageDigest sha256 = sha256();
    final LedgerRecount pools = new LedgerRecount();
  }

  private final Map<Integer, Tenant> tenants = new TreeMap<>();
  private long records;
  private long end;

  /** Proves the files of a directory, in which no process may be writing. */
  public static Report verify(Path dir) {
    LedgerChain chain = new LedgerChain();
    try {
      List<LedgerSegment> segments = LedgerFiles.scan(dir);
      for (LedgerSegment segment : segments) chain.accept(segment);
      return chain.report(chain.unsealed());
    } catch (IOException e) {
      return chain.report(e.getMessage());
    }
  }

  /** Proves what a running node has published. Any thread. */
  public static Report verify(LedgerFiles files) {
    LedgerChain chain = new LedgerChain();
    long end = files.length();
    try (LedgerReader reader = files.reader(0)) {
      while (chain.end < end && reader.next()) chain.accept(reader);
      return chain.report(chain.unsealed());
    } catch (IOException e) {
      return chain.report(e.getMessage());
    }
  }

  /** Takes a whole segment, which must follow what was taken before. */
  void accept(LedgerSegment segment) throws IOException {
    if (segment.start() != end)
      throw new IOException(Text.of("ledger bytes `%d` to `%d` are missing", end, segment.start()));
    try (LedgerReader reader = new LedgerReader(segment)) {
      while (reader.next()) accept(reader);
    }
  }

  /** Takes the reader's current record, which must follow the one before. */
  void accept(LedgerReader reader) throws DamagedLedgerException {
    long at = reader.offset();
    Tenant tenant = tenants.computeIfAbsent(reader.tenant(), number -> new Tenant());
    boolean next = reader.position() > tenant.position && reader.ordinal() == 0;
    boolean sameCommand =
        tenant.unsealed
            && reader.position() == tenant.position
            && reader.ordinal() == tenant.ordinal + 1;
    Bytes record = reader.record();
    LedgerBody body = body(record, at);
    if (reader.kind() == LedgerKind.LEDGER_KIND_SEAL_VALUE) {
      // A seal stands at the position that its entry left, which later commands of it may have
      // moved.
      boolean behind = reader.position() < tenant.position || reader.ordinal() != 0;
      if (behind || !tenant.unsealed) throw new DamagedLedgerException(at, "a seal out of order");
      seal(tenant, body, at);
    } else {
      if (!next && !sameCommand)
        throw new DamagedLedgerException(
            at,
            Text.of(
                "position `%d.%d` of tenant `%d` follows `%d.%d`",
                reader.position(),
                reader.ordinal(),
                reader.tenant(),
                tenant.position,
                tenant.ordinal));
      tenant.sha256.update(record.array(), 0, record.length());
      tenant.unsealed = true;
      if (reader.kind() == LedgerKind.LEDGER_KIND_TENANT_CREATED_VALUE)
        tenant.name = body.getDetail();
      String wrong = tenant.pools.take(LedgerKind.forNumber(reader.kind()), body);
      if (wrong != null) throw new DamagedLedgerException(at, wrong);
    }
    tenant.position = reader.position();
    tenant.ordinal = reader.ordinal();
    tenant.records++;
    records++;
    end = reader.end();
  }

  private static LedgerBody body(Bytes record, long at) throws DamagedLedgerException {
    try {
      LedgerBody body =
          LedgerBody.parser()
              .parseFrom(record.array(), LedgerLayout.BODY, record.length() - LedgerLayout.BODY);
      if (body.getUnknownFields().asMap().isEmpty()) return body;
      throw new DamagedLedgerException(at, "has a field that this version does not know");
    } catch (InvalidProtocolBufferException e) {
      throw new DamagedLedgerException(at, "body cannot be read: " + e.getMessage());
    }
  }

  private static void seal(Tenant tenant, LedgerBody body, long at) throws DamagedLedgerException {
    byte[] head = tenant.sha256.digest();
    if (!MessageDigest.isEqual(head, body.getHead().toByteArray()))
      throw new DamagedLedgerException(at, "the seal is not the hash of the records before it");
    System.arraycopy(head, 0, tenant.head, 0, head.length);
    tenant.sha256.update(head);
    tenant.unsealed = false;
  }

  /** Position behind the last record that was taken. */
  long end() {
    return end;
  }

  private @Nullable String unsealed() {
    for (Map.Entry<Integer, Tenant> tenant : tenants.entrySet())
      if (tenant.getValue().unsealed)
        return "the last records of tenant `" + tenant.getKey() + "` are not sealed";
    return null;
  }

  private Report report(@Nullable String fault) {
    List<TenantReport> found =
        tenants.entrySet().stream().map(entry -> report(entry.getKey(), entry.getValue())).toList();
    return new Report(records, end, found, fault);
  }

  private static TenantReport report(int number, Tenant tenant) {
    return new TenantReport(
        number,
        tenant.name,
        tenant.records,
        tenant.position,
        HexFormat.of().formatHex(tenant.head),
        tenant.pools.count(),
        tenant.pools.taken());
  }

  private static MessageDigest sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      // The hash before the first seal is 32 zeros.
      digest.update(new byte[LedgerLayout.HASH_BYTES]);
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
