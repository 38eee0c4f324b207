package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.tallygate.proto.log.v1.Allocate;
import dev.tallygate.proto.log.v1.ClockMedian;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.Entry;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.proto.log.v1.RefusedSubject;
import dev.tallygate.proto.log.v1.Release;
import dev.tallygate.proto.log.v1.Renew;
import dev.tallygate.proto.log.v1.RequestKey;
import dev.tallygate.proto.log.v1.Settle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The hand-coded codecs against the generated ones, byte for byte and both ways. Seeds are named on
 * failure.
 */
final class CodecsTest {
  private static final int SEEDS = 3_000;

  private static long number(SplittableRandom random) {
    return switch (random.nextInt(6)) {
      case 0 -> 0;
      case 1 -> random.nextInt(200);
      case 2 -> -1 - random.nextInt(200);
      case 3 -> 1L << random.nextInt(64);
      default -> random.nextLong();
    };
  }

  private static int small(SplittableRandom random) {
    return random.nextInt(3) == 0 ? 0 : random.nextInt(Integer.MAX_VALUE) >>> random.nextInt(31);
  }

  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(5) == 0 ? random.nextInt(300) : random.nextInt(8);
    while (text.length() < length) text.append("aä-\u0000\u20AC9".charAt(random.nextInt(6)));
    return text.toString();
  }

  private static RequestKey key(SplittableRandom random) {
    return RequestKey.newBuilder()
        .setCaller(text(random))
        .setRequestId(text(random))
        .setIssuedAtUs(number(random))
        .setContentHigh(number(random))
        .setContentLow(number(random))
        .build();
  }

  private static Command allocate(SplittableRandom random) {
    return Command.newBuilder()
        .setAllocate(
            Allocate.newBuilder()
                .setTenant(small(random))
                .setKey(key(random))
                .setCatalogVersion(number(random))
                .setEntitlement(small(random))
                .setPartition(text(random))
                .setUnits(number(random))
                .setHolder(text(random))
                .setSubjectRef(number(random))
                .setNewSubject(random.nextBoolean())
                .setSession(text(random))
                .setTtlUs(number(random))
                .setHold(random.nextBoolean())
                .setWindowStartUs(number(random))
                .setWindowEndUs(number(random))
                .setRefusal(small(random))
                .addAllLabels(labels(random)))
        .build();
  }

  private static List<String> labels(SplittableRandom random) {
    List<String> labels = new ArrayList<>();
    int count = Math.max(0, random.nextInt(18) - AllocateCommand.LABELS_MAX - 1);
    for (int i = 0; i < count; i++) labels.add("l" + text(random));
    return labels;
  }

  private static Command touch(SplittableRandom random, LeaseCommand.Kind kind) {
    int tenant = small(random);
    long lease = number(random);
    long token = number(random);
    return switch (kind) {
      case RENEW ->
          Command.newBuilder()
              .setRenew(
                  Renew.newBuilder()
                      .setTenant(tenant)
                      .setLeaseId(lease)
                      .setToken(token)
                      .setTtlUs(number(random)))
              .build();
      case RELEASE ->
          Command.newBuilder()
              .setRelease(Release.newBuilder().setTenant(tenant).setLeaseId(lease).setToken(token))
              .build();
      case SETTLE ->
          Command.newBuilder()
              .setSettle(
                  Settle.newBuilder()
                      .setTenant(tenant)
                      .setLeaseId(lease)
                      .setToken(token)
                      .setUnits(number(random))
                      .setCancel(random.nextBoolean()))
              .build();
    };
  }

  private static WireReader over(byte[] bytes) {
    return new WireReader().over(bytes, 0, bytes.length);
  }

  private static byte[] reread(byte[] body) {
    Bytes out = new Bytes(16);
    new AllocateCommand().read(over(body), body.length).write(out);
    return out.copy();
  }

  @Test
  void allocate_anyMessage_isReadAndWrittenAsProtobufDoes() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Command command = allocate(new SplittableRandom(seed));
      assertArrayEquals(
          command.toByteArray(), reread(command.getAllocate().toByteArray()), "seed " + seed);
    }
  }

  @Test
  void allocate_writtenByHand_isReadByProtobuf() throws InvalidProtocolBufferException {
    AllocateCommand command = new AllocateCommand();
    command.tenant = 3;
    command.key.caller.set("app");
    command.key.requestId.set("r-1");
    command.key.issuedAtUs = 5;
    command.units = 7;
    command.holder.set("ann");
    command.hold = true;
    Bytes out = new Bytes(0);
    command.write(out);
    Allocate read = Command.parseFrom(out.copy()).getAllocate();
    assertEquals(
        Allocate.newBuilder()
            .setTenant(3)
            .setKey(RequestKey.newBuilder().setCaller("app").setRequestId("r-1").setIssuedAtUs(5))
            .setUnits(7)
            .setHolder("ann")
            .setHold(true)
            .build(),
        read);
  }

  @Test
  void leaseCommands_anyMessage_areReadAndWrittenAsProtobufDoes() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      for (LeaseCommand.Kind kind : LeaseCommand.Kind.values()) {
        Command command = touch(new SplittableRandom(seed), kind);
        byte[] body = body(command);
        Bytes out = new Bytes(16);
        new LeaseCommand().read(over(body), body.length, kind).write(out);
        assertArrayEquals(command.toByteArray(), out.copy(), kind + " seed " + seed);
      }
    }
  }

  private static byte[] body(Command command) {
    return switch (command.getCommandCase()) {
      case ALLOCATE -> command.getAllocate().toByteArray();
      case RENEW -> command.getRenew().toByteArray();
      case RELEASE -> command.getRelease().toByteArray();
      case SETTLE -> command.getSettle().toByteArray();
      default -> throw new AssertionError(command);
    };
  }

  @Test
  void entryHeader_anyMessage_isReadAndWrittenAsProtobufDoes() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Entry.Builder entry =
          Entry.newBuilder()
              .setFeatureLevel(small(random))
              .setMonotonicUs(number(random))
              .setWallUs(number(random));
      if (random.nextBoolean())
        entry.setMedian(
            ClockMedian.newBuilder().setMedianUs(number(random)).setAtMonotonicUs(number(random)));
      byte[] expected = entry.build().toByteArray();
      EntryHeader header = new EntryHeader();
      WireReader in = over(expected);
      while (!in.atEnd()) header.read(in, in.field());
      Bytes out = new Bytes(0);
      header.write(out);
      assertArrayEquals(expected, out.copy(), "seed " + seed);
      assertEquals(entry.hasMedian(), header.hasMedian());
      Command command = allocate(random);
      EntryHeader.command(out, command.toByteArray(), 0, command.getSerializedSize());
      assertArrayEquals(
          entry.addCommands(command).build().toByteArray(), out.copy(), "seed " + seed);
    }
  }

  @Test
  void ledgerRecord_anyBody_isWrittenAsProtobufDoes() throws InvalidProtocolBufferException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      LedgerRecord record = new LedgerRecord().clear(LedgerKind.LEDGER_KIND_REFUSED);
      LedgerBody.Builder body = LedgerBody.newBuilder();
      body.setPool(record.pool = number(random));
      body.setSubjectRef(record.subjectRef = number(random));
      body.setLeaseId(record.leaseId = number(random));
      body.setUnits(record.units = number(random));
      body.setLimit(record.limit = number(random));
      body.setFree(record.free = number(random));
      body.setRequestId(set(record.requestId, text(random)));
      body.setCaller(set(record.caller, text(random)));
      body.setIssuedAtUs(record.issuedAtUs = number(random));
      body.setCatalogVersion(record.catalogVersion = number(random));
      body.setGrantKind(record.grantKind = small(random));
      body.setEntitlement(set(record.entitlement, text(random)));
      body.setPartition(set(record.partition, text(random)));
      body.setDetail(set(record.detail, text(random)));
      body.setReason(record.reason = small(random));
      body.setCount(record.count = number(random));
      for (int i = random.nextInt(4); i > 0; i--) {
        RefusedSubject refused =
            RefusedSubject.newBuilder()
                .setSubjectRef(number(random))
                .setCount(number(random))
                .build();
        body.addRefused(refused);
        WireWriter.enter(record.refused, 17, refused.getSerializedSize());
        record.refused.add(refused.toByteArray(), 0, refused.getSerializedSize());
      }
      body.setUntilUs(record.untilUs = number(random));
      body.setHead(ByteString.copyFromUtf8(set(record.head, text(random))));
      body.setCharged(record.charged = number(random));
      body.setModel(record.model = small(random));
      Bytes out = new Bytes(0);
      record.appendTo(out, 2, 3, 4, 5);
      byte[] expected = body.build().toByteArray();
      assertArrayEquals(
          expected, out.copy(LedgerLayout.BODY, out.length() - LedgerLayout.BODY), "seed " + seed);
      assertEquals(expected.length, out.getInt(LedgerLayout.BODY_LENGTH));
      assertEquals(body.build(), LedgerBody.parseFrom(expected));
    }
  }

  private static String set(Span span, String text) {
    span.set(text);
    return text;
  }

  @Test
  void ledgerRecord_longerThanItsBound_isAFaultAndLeavesNothing() {
    LedgerRecord record = new LedgerRecord().clear(LedgerKind.LEDGER_KIND_REVOKED);
    record.detail.set(new byte[LedgerLayout.BODY_BYTES_MAX]);
    Bytes out = new Bytes(0).addLong(1);
    assertThrows(PlanFault.class, () -> record.appendTo(out, 1, 1, 0, 1));
    assertEquals(8, out.length());
  }

  @Test
  void unknownField_anywhere_throws() {
    UnknownFieldSet newer =
        UnknownFieldSet.newBuilder()
            .addField(31, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    SplittableRandom random = new SplittableRandom(1);
    Allocate known = allocate(random).getAllocate();
    byte[] inAllocate = known.toBuilder().setUnknownFields(newer).build().toByteArray();
    byte[] inKey =
        known.toBuilder()
            .setKey(known.getKey().toBuilder().setUnknownFields(newer))
            .build()
            .toByteArray();
    for (byte[] bytes : new byte[][] {inAllocate, inKey})
      assertThrows(CorruptStateException.class, () -> reread(bytes));
    for (LeaseCommand.Kind kind : LeaseCommand.Kind.values()) {
      byte[] bytes = Renew.newBuilder().setUnknownFields(newer).build().toByteArray();
      assertThrows(
          CorruptStateException.class,
          () -> new LeaseCommand().read(over(bytes), bytes.length, kind));
    }
    Scene scene = Scene.of(Right.sessions("seats", 1));
    Command cold = new Call.NewTenant("x").proto().toBuilder().setUnknownFields(newer).build();
    Command nested =
        Command.newBuilder()
            .setCreateTenant(
                new Call.NewTenant("x")
                    .proto().getCreateTenant().toBuilder().setUnknownFields(newer))
            .build();
    Entry header = Entry.newBuilder().setUnknownFields(newer).build();
    for (Entry entry :
        new Entry[] {
          header,
          Entry.newBuilder().addCommands(cold).build(),
          Entry.newBuilder().addCommands(nested).build()
        }) {
      byte[] bytes = entry.toByteArray();
      assertThrows(
          CorruptStateException.class,
          () -> scene.core.apply(1, 9, bytes, 0, bytes.length, OutcomeSink.NOBODY));
    }
  }

  /**
   * A message that is cut at the end of a field is a shorter message; anywhere else it is corrupt.
   */
  @Test
  void command_cutAnywhere_isWhatProtobufReadsOrThrows() {
    for (long seed = 1; seed <= 60; seed++) {
      byte[] body = body(allocate(new SplittableRandom(seed)));
      for (int length = 0; length < body.length; length++) {
        byte[] cut = Arrays.copyOf(body, length);
        Allocate read = parse(cut);
        if (read == null) assertThrows(CorruptStateException.class, () -> reread(cut));
        else
          assertArrayEquals(
              Command.newBuilder()
                  .setAllocate(read.toBuilder().setKey(read.getKey()))
                  .build()
                  .toByteArray(),
              reread(cut),
              "seed " + seed + " cut at " + length);
      }
    }
  }

  @Test
  void entry_cutInsideACommand_throws() {
    byte[] entry =
        Entry.newBuilder()
            .setFeatureLevel(1)
            .setMonotonicUs(5)
            .setWallUs(6)
            .setMedian(ClockMedian.newBuilder().setMedianUs(6).setAtMonotonicUs(5))
            .addCommands(new Call.NewTenant("default").proto())
            .addCommands(allocate(new SplittableRandom(3)))
            .build()
            .toByteArray();
    int first = Entry.newBuilder().setFeatureLevel(1).build().getSerializedSize();
    int thrown = 0;
    for (int length = 0; length < entry.length; length++) {
      int cut = length;
      Core core = new Core(new HeapTables(), new ApplyBenchmark.HeapLedger());
      try {
        core.apply(1, 0, entry, 0, cut, OutcomeSink.NOBODY);
      } catch (CorruptStateException e) {
        thrown++;
      }
    }
    // Whole up to: nothing, the level, each reading, the median, the first command.
    assertEquals(entry.length - 6, thrown, "first field of " + first);
  }

  /**
   * Whatever stands in the bytes, nothing but corruption is reported, and what is accepted protobuf
   * accepts too.
   */
  @Test
  void command_anyFlippedBit_isReadAsProtobufReadsItOrThrows() {
    for (long seed = 1; seed <= 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] body = body(allocate(random));
      for (int i = 0; i < 40; i++) {
        byte[] flipped = body.clone();
        int bit = random.nextInt(body.length * 8);
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        try {
          reread(flipped);
        } catch (CorruptStateException e) {
          continue;
        }
        assertEquals(
            true,
            acceptedButForText(flipped),
            "seed " + seed + " bit " + bit + " of " + Arrays.toString(body));
      }
    }
  }

  /** Text is checked at the door of the cluster, not again by each replica. */
  private static boolean acceptedButForText(byte[] bytes) {
    try {
      Allocate.parseFrom(bytes);
      return true;
    } catch (InvalidProtocolBufferException e) {
      return String.valueOf(e.getMessage()).contains("UTF-8");
    }
  }

  private static @Nullable Allocate parse(byte[] bytes) {
    try {
      return Allocate.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }
}
