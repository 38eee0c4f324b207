package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tallygate.proto.log.v1.ClockMedian;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.DigestVote;
import dev.tallygate.proto.log.v1.Entry;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.RaiseFeatureLevel;
import dev.tallygate.proto.log.v1.RefusalSummary;
import dev.tallygate.proto.log.v1.RefusedHolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Bytes that earlier versions wrote and later ones must read: every command of the log, an entry, a
 * ledger record with its seal. The files are never written by code; a new message gets a new file
 * by hand.
 */
final class GoldenTest {
  private static final long AT = 1_800_000_000_000_000L;
  private static final Call.Key KEY = new Call.Key("app", "r-1", AT, 0x0123456789ABCDEFL);

  static Map<String, Command> commands() {
    Map<String, Command> all = new TreeMap<>();
    all.put(
        "allocate",
        new Call.Take(
                1,
                KEY,
                2,
                3,
                "team-a",
                4,
                "user:ann",
                5,
                true,
                "s-1",
                6_000_000,
                true,
                AT,
                AT + 60_000_000,
                6,
                false)
            .proto());
    all.put("renew", new Call.Touch(Call.Verb.RENEW, 1, 7, 8, 9_000_000).proto());
    all.put("release", new Call.Touch(Call.Verb.RELEASE, 1, 7, 8, 0).proto());
    all.put("settle", new Call.Touch(Call.Verb.COMMIT, 1, 7, 8, 3).proto());
    all.put("settle-cancel", new Call.Touch(Call.Verb.CANCEL, 1, 7, 8, 0).proto());
    all.put("revoke", new Call.Revoke(1, 7, "admin", "left the company").proto());
    all.put("set-limit", new Call.Cap(1, KEY, 2, 3, "team-a", 10, AT + 1, false).proto());
    all.put("set-limit-clear", new Call.Cap(1, KEY, 2, 3, "", 0, 0, true).proto());
    all.put(
        "apply-catalog",
        new Call.Catalog(
                1,
                2,
                "team-a",
                List.of(
                    Right.sessions("seats", 5).linger(1_000_000),
                    Right.rolling("calls", 6, 40_000_000, 4).partitions(7).override("big", 8),
                    Right.calendar("daily", 9).holds(10_000_000, true)),
                "admin")
            .proto());
    all.put("create-tenant", new Call.NewTenant("default").proto());
    all.put("settings", new Call.Tune(Scene.SETTINGS).proto());
    all.put(
        "digest-vote",
        Command.newBuilder()
            .setDigestVote(DigestVote.newBuilder().setNodeId("n1").setIndex(16).setDigest(-2))
            .build());
    all.put(
        "refusal-summary",
        Command.newBuilder()
            .setRefusalSummary(
                RefusalSummary.newBuilder()
                    .setTenant(1)
                    .setEntitlement(3)
                    .setPartition("team-a")
                    .setReason(9)
                    .setCount(12)
                    .addHolders(RefusedHolder.newBuilder().setHolder("user:ann").setCount(5)))
            .build());
    all.put(
        "raise-feature-level",
        Command.newBuilder()
            .setRaiseFeatureLevel(RaiseFeatureLevel.newBuilder().setLevel(1))
            .build());
    return all;
  }

  /** Those that came after the golden entry. */
  static Map<String, Command> laterCommands() {
    Map<String, Command> all = new TreeMap<>();
    all.put("release-by-label", new Call.Free(1, KEY, "env=pr-7", "merged", 9).proto());
    all.put("block-label", new Call.Block(1, KEY, "env=pr-7", "merged", AT + 1).proto());
    all.put("allocate-labels", labelled());
    all.put("suspend-tenant", new Call.Suspend(2, true, "paid").proto());
    all.put(
        "put-entity",
        new Call.Put(2, "user\0ann", "hr", Map.of("role", "admin"), List.of("team"), true, 7, 5)
            .proto());
    all.put("remove-entity", new Call.Forget(2, "user\0ann", 7, "left").proto());
    all.put("delete-tenant", new Call.Delete(2, "left").proto());
    return all;
  }

  private static Command labelled() {
    Command.Builder command = Objects.requireNonNull(commands().get("allocate")).toBuilder();
    command.getAllocateBuilder().addLabels("env=pr-7").addLabels("team=a");
    return command.build();
  }

  static byte[] entry() {
    Bytes out = new Bytes(64);
    new EntryHeader().stamp(1, 5, AT).median(AT - 3, 4).write(out);
    for (Command command : commands().values())
      EntryHeader.command(out, command.toByteArray(), 0, command.getSerializedSize());
    return out.copy();
  }

  /** A grant and its seal, as the ledger of a new tenant begins. */
  static byte[] ledger() {
    List<byte[]> written = new ArrayList<>();
    Ledger ledger =
        new Ledger(
            new LedgerSink() {
              @Override
              public void append(long position, byte[] bytes, int offset, int count) {
                written.add(Bytes.of(bytes).copy(offset, count));
              }

              @Override
              public void roll(long position) {}
            });
    Tenant tenant = new Tenant(1, "default");
    tenant.position = 7;
    LedgerRecord record = new LedgerRecord().clear(LedgerKind.LEDGER_KIND_GRANTED);
    record.pool = 2;
    record.subjectRef = 5;
    record.leaseId = 7;
    record.units = 4;
    record.limit = 10;
    record.free = 6;
    record.requestId.set("r-1");
    record.caller.set("app");
    record.issuedAtUs = AT;
    record.catalogVersion = 2;
    record.grantKind = 1;
    record.appendTo(tenant.records, 1, 7, 0, AT);
    ledger.seal(tenant, AT);
    return written.getFirst();
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = GoldenTest.class.getResourceAsStream("/golden/" + name + ".hex")) {
      if (in == null) throw new AssertionError("no golden file for " + name);
      String hex = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }
  }

  @Test
  void commands_writtenAndRead_areTheGoldenBytes() throws IOException {
    Map<String, Command> all = new TreeMap<>(commands());
    all.putAll(laterCommands());
    for (Map.Entry<String, Command> command : all.entrySet()) {
      byte[] bytes = golden("command-" + command.getKey());
      assertArrayEquals(command.getValue().toByteArray(), bytes, command.getKey());
      assertEquals(command.getValue(), Command.parseFrom(bytes), command.getKey());
    }
    long cases = all.values().stream().map(Command::getCommandCase).distinct().count();
    assertEquals(Command.CommandCase.values().length - 1, cases, "a command without a golden file");
  }

  @Test
  void hotCommands_readByHand_areTheGoldenBytes() throws IOException {
    Bytes out = new Bytes(64);
    WireReader in = new WireReader();
    for (String name : List.of("allocate", "allocate-labels")) {
      byte[] allocate = golden("command-" + name);
      in.over(allocate, 0, allocate.length);
      assertEquals(AllocateCommand.FIELD, in.field());
      new AllocateCommand().read(in, in.enter()).write(out.clear());
      assertArrayEquals(allocate, out.copy(), name);
    }
    for (String name : List.of("renew", "release", "settle", "settle-cancel")) {
      byte[] bytes = golden("command-" + name);
      in.over(bytes, 0, bytes.length);
      int field = in.field();
      for (LeaseCommand.Kind kind : LeaseCommand.Kind.values()) {
        if (kind.field() != field) continue;
        new LeaseCommand().read(in, in.enter(), kind).write(out.clear());
        assertArrayEquals(bytes, out.copy(), name);
      }
    }
  }

  @Test
  void entry_writtenAndRead_isTheGoldenBytes() throws IOException {
    byte[] bytes = golden("entry");
    assertArrayEquals(entry(), bytes);
    Entry read = Entry.parseFrom(bytes);
    assertEquals(AT, read.getWallUs());
    assertEquals(
        ClockMedian.newBuilder().setMedianUs(AT - 3).setAtMonotonicUs(4).build(), read.getMedian());
    assertEquals(List.copyOf(commands().values()), read.getCommandsList());
  }

  @Test
  void ledgerRecordAndSeal_areTheGoldenBytes() throws IOException {
    assertArrayEquals(ledger(), golden("ledger"));
    LedgerRecount recount = new LedgerRecount();
    // An auditor who never saw the pool made stops there, but has read checksum and version.
    AssertionError stopped =
        org.junit.jupiter.api.Assertions.assertThrows(
            AssertionError.class, () -> recount.read(golden("ledger")));
    assertEquals("ledger: a record of something unknown", stopped.getMessage());
  }
}
