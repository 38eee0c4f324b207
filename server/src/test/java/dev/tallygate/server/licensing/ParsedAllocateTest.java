package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Resource;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.proto.v1.ValueList;
import dev.tallygate.raft.state.AllocateCommand;
import dev.tallygate.raft.state.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

// The generated parser is the reference: what it reads we read, what it refuses we refuse.
class ParsedAllocateTest {
  private static final long SEED = Long.getLong("seed", 20_260_101);
  private static final int ROUNDS = 5_000;

  private final ParsedAllocate parsed = new ParsedAllocate();

  @Test
  void parse_randomRequests_readsWhatProtobufReads() throws Exception {
    System.out.println("seed " + SEED);
    for (int i = 0; i < ROUNDS; i++) {
      AllocateRequest request = new RandomRequests(SEED + i).allocate();
      parsed.parse(request.toByteArray());
      assertSame(request, "seed " + (SEED + i));
    }
  }

  @Test
  void parse_otherEncodings_readAndHashAlike() throws Exception {
    System.out.println("seed " + SEED);
    for (int i = 0; i < ROUNDS; i++) {
      RandomRequests random = new RandomRequests(SEED + i);
      // Fields come in any order, which of several entitlements would be another question.
      AllocateRequest drawn = random.allocate();
      AllocateRequest request =
          drawn.toBuilder().clearEntitlements().addEntitlements(drawn.getEntitlements(0)).build();
      parsed.parse(request.toByteArray());
      long high = parsed.contentHash().high();
      long low = parsed.contentHash().low();
      byte[] other = random.otherEncoding(request);
      assertThat(AllocateRequest.parseFrom(other).toBuilder().build().getSubject())
          .as("the test's own encoding, seed %d", SEED + i)
          .isEqualTo(request.getSubject());
      parsed.parse(other);
      assertSame(request, "seed " + (SEED + i));
      assertThat(parsed.contentHash().high()).as("seed %d", SEED + i).isEqualTo(high);
      assertThat(parsed.contentHash().low()).as("seed %d", SEED + i).isEqualTo(low);
    }
  }

  @Test
  void parse_damagedBytes_isWhatProtobufReadsOrMalformed() {
    System.out.println("seed " + SEED);
    int same = 0;
    for (int i = 0; i < 10 * ROUNDS; i++) {
      RandomRequests random = new RandomRequests(SEED + i);
      byte[] bytes = random.damaged(random.allocate().toByteArray());
      if (parsesAsProtobufDoes(bytes, "seed " + (SEED + i))) same++;
    }
    // Otherwise the damage is too rough to show anything.
    assertThat(same).isGreaterThan(ROUNDS);
  }

  @Test
  void parse_truncatedAtEachByte_isWhatProtobufReadsOrMalformed() {
    for (int i = 0; i < 50; i++) {
      byte[] bytes = new RandomRequests(SEED + i).allocate().toByteArray();
      for (int length = 0; length < bytes.length; length++)
        parsesAsProtobufDoes(Arrays.copyOf(bytes, length), "seed " + (SEED + i) + " at " + length);
    }
  }

  @Test
  void parse_eachBitFlipped_isWhatProtobufReadsOrMalformed() {
    for (int i = 0; i < 10; i++) {
      byte[] bytes = new RandomRequests(SEED + i).allocate().toByteArray();
      for (int bit = 0; bit < 8 * bytes.length; bit++) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        parsesAsProtobufDoes(flipped, "seed " + (SEED + i) + " bit " + bit);
      }
    }
  }

  @Test
  void parse_noise_isMalformed() {
    java.util.Random noise = new java.util.Random(SEED);
    for (int i = 0; i < ROUNDS; i++) {
      byte[] bytes = new byte[noise.nextInt(200)];
      noise.nextBytes(bytes);
      parsesAsProtobufDoes(bytes, "noise " + i);
    }
  }

  @Test
  void parse_everyBound_isNamed() {
    refused("request_id: is required", r -> r.clearRequestId());
    refused("request_id: has 65 bytes, allowed are 1 to 64", r -> r.setRequestId("x".repeat(65)));
    refused("tenant: has 65 bytes, allowed are at most 64", r -> r.setTenant("x".repeat(65)));
    refused("issued_at: is required", r -> r.clearIssuedAt());
    refused("issued_at: is 1970", r -> r.setIssuedAt(Timestamp.getDefaultInstance()));
    refused(
        "issued_at.seconds: is `-1`", r -> r.setIssuedAt(Timestamp.newBuilder().setSeconds(-1)));
    refused(
        "issued_at.nanos: is `1000000000`",
        r -> r.setIssuedAt(Timestamp.newBuilder().setSeconds(1).setNanos(1_000_000_000)));
    refused("subject: is required", r -> r.clearSubject());
    refused("subject.id: is required", r -> r.setSubject(Subject.newBuilder().setType("user")));
    refused(
        "subject.id: has 257 bytes, allowed are 1 to 256",
        r -> r.setSubject(Subject.newBuilder().setId("x".repeat(257))));
    refused(
        "subject.type: contains U+0000",
        r -> r.setSubject(Subject.newBuilder().setType("a\0b").setId("x")));
    refused("entitlements: at least one is required", r -> r.clearEntitlements());
    refused(
        "entitlements: more than 10 given",
        r -> {
          for (int i = 0; i < 10; i++)
            r.addEntitlements(EntitlementUnits.newBuilder().setEntitlement("b" + i));
        });
    refused(
        "entitlements[1].entitlement: is required",
        r -> r.addEntitlements(EntitlementUnits.newBuilder().setUnits(2)));
    refused(
        "entitlements[2].units: is `-1`, allowed are 1 to 1000000000000",
        r ->
            r.addEntitlements(EntitlementUnits.newBuilder().setEntitlement("b"))
                .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("c").setUnits(-1)));
    refused(
        "entitlements[2].entitlement: `b` is named twice",
        r ->
            r.addEntitlements(EntitlementUnits.newBuilder().setEntitlement("b"))
                .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("b")));
    refused(
        "entitlements[0].entitlement: is required",
        r -> r.setEntitlements(0, EntitlementUnits.newBuilder().setUnits(2)));
    refused(
        "entitlements[0].units: is `-1`, allowed are 1 to 1000000000000",
        r -> r.setEntitlements(0, EntitlementUnits.newBuilder().setEntitlement("a").setUnits(-1)));
    refused(
        "entitlements[0].units: is `1000000000001`",
        r ->
            r.setEntitlements(
                0, EntitlementUnits.newBuilder().setEntitlement("a").setUnits(1_000_000_000_001L)));
    refused("session: has 257 bytes", r -> r.setSession("x".repeat(257)));
    refused("device: has 257 bytes", r -> r.setDevice("x".repeat(257)));
    refused("ttl: is shorter than 1 second", r -> r.setTtl(Duration.getDefaultInstance()));
    refused("ttl.seconds: is `-5`", r -> r.setTtl(Duration.newBuilder().setSeconds(-5)));
    refused(
        "resource.id: has 257 bytes",
        r -> r.setResource(Resource.newBuilder().setId("x".repeat(257))));
    refused(
        "context: has more than 64 properties",
        r -> {
          for (int i = 0; i < 65; i++) r.putContext("k" + i, Value.getDefaultInstance());
        });
    refused(
        "context: a property name has 65 bytes",
        r -> r.putContext("x".repeat(65), Value.getDefaultInstance()));
    refused(
        "context: a value has 4097 bytes",
        r -> r.putContext("k", Value.newBuilder().setStringValue("x".repeat(4_097)).build()));
    Value one = Value.newBuilder().setIntValue(1).build();
    ValueList.Builder list = ValueList.newBuilder();
    for (int i = 0; i < 65; i++) list.addValues(one);
    refused(
        "context: a list has more than 64 values",
        r -> r.putContext("k", Value.newBuilder().setListValue(list).build()));
    Value inner = Value.newBuilder().setListValue(ValueList.newBuilder().addValues(one)).build();
    refused(
        "context: lists do not nest",
        r ->
            r.putContext(
                "k",
                Value.newBuilder().setListValue(ValueList.newBuilder().addValues(inner)).build()));
  }

  @Test
  void parse_wireFaults_areNamed() {
    malformed("tenant: is not UTF-8", 0x0A, 2, 0xC3, 0x28);
    malformed("tenant: is not UTF-8", 0x0A, 3, 0xED, 0xA0, 0x80);
    malformed("tenant: is not UTF-8", 0x0A, 2, 0xC0, 0x80);
    malformed("tenant: is cut short", 0x0A, 5, 'a');
    malformed("tenant: has a negative length", 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F);
    malformed("subject: is cut short", 0x2A, 9, 'a');
    malformed("request: a tag has field number 0", 0x00, 0x00);
    malformed("request: a tag has wire type 7", 0xF7, 0x3F);
    malformed("request: a group ends that did not begin", 0xF4, 0x3F);
    int[] long11 = new int[12];
    Arrays.fill(long11, 0xFF);
    long11[0] = 0x20;
    malformed("request: a number has more than ten bytes", long11);
    int[] groups = new int[2 * 101];
    for (int i = 0; i < groups.length; i += 2) {
      groups[i] = 0xF3;
      groups[i + 1] = 0x3F;
    }
    malformed("request: groups nest deeper than 100", groups);
  }

  @Test
  void contentHash_anyFieldChanged_differs() throws Exception {
    AllocateRequest base =
        good().putContext("k", Value.newBuilder().setIntValue(1).build()).build();
    parsed.parse(base.toByteArray());
    long high = parsed.contentHash().high();
    for (Consumer<AllocateRequest.Builder> change :
        java.util.List.<Consumer<AllocateRequest.Builder>>of(
            r -> r.setTenant("t"),
            r -> r.setSubject(Subject.newBuilder().setId("other")),
            r -> r.setSubject(r.getSubject().toBuilder().setType("t")),
            r ->
                r.setSubject(
                    r.getSubject().toBuilder().putProperties("k", Value.getDefaultInstance())),
            r -> r.setEntitlements(0, EntitlementUnits.newBuilder().setEntitlement("b")),
            r -> r.setEntitlements(0, r.getEntitlements(0).toBuilder().setUnits(2)),
            r -> r.setSession("s"),
            r -> r.setDevice("s"),
            r -> r.setTtl(Duration.newBuilder().setSeconds(2)),
            r -> r.setHold(true),
            r -> r.getActionBuilder().setName("a"),
            r -> r.getResourceBuilder().setType("a"),
            r -> r.getResourceBuilder().setId("a"),
            r -> r.getResourceBuilder().putProperties("k", Value.getDefaultInstance()),
            r -> r.putContext("k", Value.newBuilder().setIntValue(2).build()),
            r -> r.putContext("k", Value.newBuilder().setBoolValue(true).build()),
            r -> r.putContext("l", Value.getDefaultInstance()))) {
      AllocateRequest.Builder changed = base.toBuilder();
      change.accept(changed);
      parsed.parse(changed.build().toByteArray());
      assertThat(parsed.contentHash().high()).as("%s", changed).isNotEqualTo(high);
    }
  }

  @Test
  void contentHash_otherAttemptAndSpelledOutDefaults_isTheSame() throws Exception {
    parsed.parse(good().build().toByteArray());
    long high = parsed.contentHash().high();
    parsed.parse(
        good()
            .setAttempt(7)
            .setEntitlements(0, EntitlementUnits.newBuilder().setEntitlement("cad").setUnits(1))
            .build()
            .toByteArray());
    assertThat(parsed.contentHash().high()).isEqualTo(high);
  }

  private static AllocateRequest.Builder good() {
    return AllocateRequest.newBuilder()
        .setRequestId("r")
        .setIssuedAt(Timestamp.newBuilder().setSeconds(1_000_000))
        .setSubject(Subject.newBuilder().setId("ann"))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad"));
  }

  private void refused(String message, Consumer<AllocateRequest.Builder> change) {
    AllocateRequest.Builder request = good();
    change.accept(request);
    assertThatThrownBy(() -> parsed.parse(request.build().toByteArray()))
        .isInstanceOf(Malformed.class)
        .hasMessageStartingWith(message);
  }

  private void malformed(String message, int... bytes) {
    byte[] request = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) request[i] = (byte) bytes[i];
    assertThatThrownBy(() -> parsed.parse(request))
        .isInstanceOf(Malformed.class)
        .hasMessage(message);
    assertThatThrownBy(() -> AllocateRequest.parseFrom(request))
        .isInstanceOf(InvalidProtocolBufferException.class);
  }

  /** True where both read the same; fails where we read what protobuf does not. */
  private boolean parsesAsProtobufDoes(byte[] bytes, String as) {
    @Nullable AllocateRequest expected = null;
    try {
      expected = AllocateRequest.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      // Then we must refuse too.
    }
    try {
      parsed.parse(bytes);
    } catch (Malformed e) {
      assertThat(e.field()).as(as).isNotEmpty();
      // protobuf-java reads some numbers of eleven bytes, which the format does not allow.
      boolean tooLong = String.valueOf(e.getMessage()).endsWith("more than ten bytes");
      if (expected != null && !tooLong && breaksNoBound(expected))
        fail("%s: refused what protobuf reads: %s", as, e.getMessage());
      return false;
    }
    assertThat(expected).as("%s: read what protobuf refuses", as).isNotNull();
    if (expected == null) return false;
    assertSame(expected, as);
    return true;
  }

  /** Whether the bounds that these tests meet by accident hold. */
  private static boolean breaksNoBound(AllocateRequest r) {
    return bytes(r.getTenant()) <= 64
        && within(bytes(r.getRequestId()), 1, 64)
        && r.hasIssuedAt()
        && within(r.getIssuedAt().getSeconds(), 0, Limits.TIMESTAMP_SECONDS_MAX)
        && within(r.getIssuedAt().getNanos(), 0, 999_999_999)
        && (r.getIssuedAt().getSeconds() > 0 || r.getIssuedAt().getNanos() > 999)
        && r.hasSubject()
        && bytes(r.getSubject().getType()) <= 64
        && !r.getSubject().getType().contains("\0")
        && within(bytes(r.getSubject().getId()), 1, 256)
        && within(r.getEntitlementsCount(), 1, 10)
        && r.getEntitlementsList().stream()
            .allMatch(
                each ->
                    within(bytes(each.getEntitlement()), 1, 64)
                        && within(each.getUnits(), 0, Limits.UNITS_MAX))
        && r.getEntitlementsList().stream().map(EntitlementUnits::getEntitlement).distinct().count()
            == r.getEntitlementsCount()
        && bytes(r.getSession()) <= 256
        && bytes(r.getDevice()) <= 256
        && (!r.hasTtl() || ttlInRange(r.getTtl()))
        && bytes(r.getAction().getName()) <= 64
        && bytes(r.getResource().getType()) <= 64
        && bytes(r.getResource().getId()) <= 256
        && propertiesInRange(r.getSubject().getPropertiesMap())
        && propertiesInRange(r.getResource().getPropertiesMap())
        && propertiesInRange(r.getContextMap())
        && r.getLabelsCount() <= 8
        && r.getLabelsList().stream().distinct().count() == r.getLabelsCount()
        && r.getLabelsList().stream().allMatch(label -> within(bytes(label), 1, 128));
  }

  private static boolean ttlInRange(Duration ttl) {
    return within(ttl.getSeconds(), 1, Limits.DURATION_SECONDS_MAX)
        && within(ttl.getNanos(), 0, 999_999_999);
  }

  private static boolean propertiesInRange(Map<String, Value> properties) {
    for (Map.Entry<String, Value> entry : properties.entrySet()) {
      if (!within(bytes(entry.getKey()), 1, 64)) return false;
      for (Value element : entry.getValue().getListValue().getValuesList())
        if (element.hasListValue()) return false;
    }
    return true;
  }

  private static boolean within(long value, long min, long max) {
    return value >= min && value <= max;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private void assertSame(AllocateRequest r, String as) {
    assertThat(parsed.tenant.toString()).as(as).isEqualTo(r.getTenant());
    assertThat(parsed.requestId.toString()).as(as).isEqualTo(r.getRequestId());
    assertThat(parsed.issuedAtUs)
        .as(as)
        .isEqualTo(r.getIssuedAt().getSeconds() * 1_000_000 + r.getIssuedAt().getNanos() / 1_000);
    assertThat(parsed.attempt).as(as).isEqualTo(r.getAttempt());
    assertThat(parsed.subjectType.toString()).as(as).isEqualTo(r.getSubject().getType());
    assertThat(parsed.subjectId.toString()).as(as).isEqualTo(r.getSubject().getId());
    assertThat(parsed.entitlement.toString())
        .as(as)
        .isEqualTo(r.getEntitlements(0).getEntitlement());
    assertThat(parsed.parts).as(as).isEqualTo(r.getEntitlementsCount());
    for (int part = 0; part < parsed.parts; part++) {
      EntitlementUnits asked = r.getEntitlements(part);
      assertThat(parsed.entitlements[part].toString()).as(as).isEqualTo(asked.getEntitlement());
      assertThat(parsed.units[part]).as(as).isEqualTo(Math.max(1, asked.getUnits()));
    }
    assertThat(parsed.session.toString()).as(as).isEqualTo(r.getSession());
    assertThat(parsed.device.toString()).as(as).isEqualTo(r.getDevice());
    assertThat(parsed.ttlUs)
        .as(as)
        .isEqualTo(r.getTtl().getSeconds() * 1_000_000 + r.getTtl().getNanos() / 1_000);
    assertThat(parsed.hold).as(as).isEqualTo(r.getHold());
    assertThat(parsed.action.toString()).as(as).isEqualTo(r.getAction().getName());
    assertThat(parsed.resourceType.toString()).as(as).isEqualTo(r.getResource().getType());
    assertThat(parsed.resourceId.toString()).as(as).isEqualTo(r.getResource().getId());
    assertSame(parsed.subject, r.getSubject().getPropertiesMap(), as);
    assertSame(parsed.resource, r.getResource().getPropertiesMap(), as);
    assertSame(parsed.context, r.getContextMap(), as);
    AllocateCommand command = new AllocateCommand();
    parsed.labels.copyTo(command);
    List<Bytes> labels = new ArrayList<>();
    for (int i = 0; i < command.labelCount; i++) labels.add(Bytes.of(command.label(i).copy()));
    assertThat(labels)
        .as(as)
        .isEqualTo(r.getLabelsList().stream().map(Bytes::ofUtf8).sorted().toList());
  }

  private static void assertSame(Properties found, Map<String, Value> expected, String as) {
    for (Map.Entry<String, Value> entry : expected.entrySet()) {
      Properties.Entry property = found.find(ByteString.copyFromUtf8(entry.getKey()).toByteArray());
      if (property == null) throw new AssertionError(as + ": no property " + entry.getKey());
      Value value = entry.getValue();
      assertThat(property.kind).as(as).isEqualTo(value.getKindCase().getNumber());
      switch (value.getKindCase()) {
        case BOOL_VALUE ->
            assertThat(property.number).as(as).isEqualTo(value.getBoolValue() ? 1 : 0);
        case INT_VALUE -> assertThat(property.number).as(as).isEqualTo(value.getIntValue());
        case STRING_VALUE ->
            assertThat(property.textLength).as(as).isEqualTo(bytes(value.getStringValue()));
        case LIST_VALUE ->
            assertThat(property.listCount).as(as).isEqualTo(value.getListValue().getValuesCount());
        case KIND_NOT_SET -> {}
      }
    }
    assertThat(found.count()).as(as).isGreaterThanOrEqualTo(expected.size());
  }
}
