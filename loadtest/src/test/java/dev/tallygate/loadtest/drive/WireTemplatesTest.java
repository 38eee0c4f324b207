package dev.tallygate.loadtest.drive;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.Ended;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class WireTemplatesTest {
  private final byte[] buffer = new byte[Payload.BYTES_MAX];
  private final SplittableRandom random = new SplittableRandom(1);

  @Test
  void allocate_anyIdAndTime_sameBytesAsGenerated() throws Exception {
    byte[] tail = AllocateTemplate.tail("cad", "u7", "account-0007", "");
    for (int i = 0; i < 10_000; i++) {
      // Whole seconds leave nanos out; the far future takes a byte more.
      long nowMs = i % 10 == 0 ? 1_800_000_000_000L : random.nextLong(300_000_000_000_000L);

      int length =
          AllocateTemplate.write(buffer, random.nextLong(), random.nextLong(), nowMs, tail);

      byte[] written = Arrays.copyOf(buffer, length);
      AllocateRequest parsed = AllocateRequest.parseFrom(written);
      UUID id = UUID.fromString(parsed.getRequestId());
      assertThat(id.version()).isEqualTo(4);
      assertThat(id.variant()).isEqualTo(2);
      assertThat(written).isEqualTo(expected(parsed.getRequestId(), nowMs, "").toByteArray());
    }
  }

  @Test
  void allocate_withSession_sameBytesAsGenerated() throws Exception {
    byte[] tail = AllocateTemplate.tail("cad", "u7", "account-0007", "session-1");

    int length = AllocateTemplate.write(buffer, 1, 2, 1_800_000_000_123L, tail);

    byte[] written = Arrays.copyOf(buffer, length);
    String id = AllocateRequest.parseFrom(written).getRequestId();
    assertThat(written).isEqualTo(expected(id, 1_800_000_000_123L, "session-1").toByteArray());
  }

  private static AllocateRequest expected(String id, long nowMs, String session) {
    return AllocateRequest.newBuilder()
        .setRequestId(id)
        .setIssuedAt(
            Timestamp.newBuilder()
                .setSeconds(nowMs / 1000)
                .setNanos((int) (nowMs % 1000) * 1_000_000))
        .setAttempt(1)
        .setSubject(
            Subject.newBuilder()
                .setType("user")
                .setId("u7")
                .putProperties(
                    "account", Value.newBuilder().setStringValue("account-0007").build()))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("cad").setUnits(1))
        .setSession(session)
        .build();
  }

  @Test
  void etcdPut_sameBytesAsGenerated() throws Exception {
    Descriptor put = putRequest();
    for (int i = 0; i < 1_000; i++) {
      int key = random.nextInt(EtcdPut.KEYS);

      int length = EtcdPut.write(buffer, key, random);

      byte[] written = Arrays.copyOf(buffer, length);
      ByteString value =
          (ByteString)
              DynamicMessage.parseFrom(put, written).getField(put.findFieldByName("value"));
      assertThat(value.size()).isEqualTo(100);
      String text = String.format("loadtest/%05d", key);
      byte[] expected =
          DynamicMessage.newBuilder(put)
              .setField(put.findFieldByName("key"), ByteString.copyFromUtf8(text))
              .setField(put.findFieldByName("value"), value)
              .build()
              .toByteArray();
      assertThat(written).isEqualTo(expected);
    }
  }

  // As in etcd's rpc.proto; its other fields are unset and leave no bytes.
  private static Descriptor putRequest() throws Exception {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setSyntax("proto3")
            .addMessageType(
                DescriptorProto.newBuilder()
                    .setName("PutRequest")
                    .addField(bytes("key", 1))
                    .addField(bytes("value", 2)))
            .build();
    return FileDescriptor.buildFrom(file, new FileDescriptor[0])
        .findMessageTypeByName("PutRequest");
  }

  private static FieldDescriptorProto bytes(String name, int number) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(FieldDescriptorProto.Type.TYPE_BYTES)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
        .build();
  }

  @Test
  void judge_eachOutcome_namedAndOnlyTheMeasuredOneCounted() {
    AllocateResponse granted =
        AllocateResponse.newBuilder()
            .setGranted(Granted.newBuilder().addGrants(Grant.newBuilder().setLeaseId("x")))
            .setRevision("r")
            .build();
    AllocateResponse ended =
        AllocateResponse.newBuilder().setEnded(Ended.newBuilder().setLeaseId("x")).build();
    AllocateWorkload grants = AllocateWorkload.grants(new byte[0][]);
    AllocateWorkload refusals = AllocateWorkload.refusals(new byte[0][]);

    assertThat(judge(grants, granted)).isEqualTo(new Reply("granted", true));
    assertThat(judge(refusals, granted)).isEqualTo(new Reply("granted", false));
    assertThat(judge(grants, ended)).isEqualTo(new Reply("ended", false));
    assertThat(judge(grants, AllocateResponse.newBuilder().setRevision("r").build()))
        .isEqualTo(new Reply("no outcome", false));
    for (RefusalReason reason : RefusalReason.values()) {
      if (reason == RefusalReason.UNRECOGNIZED) continue;
      boolean exhausted = reason == RefusalReason.REFUSAL_REASON_EXHAUSTED;
      AllocateResponse refused =
          AllocateResponse.newBuilder()
              .setRefused(Refusal.newBuilder().setReason(reason).setEntitlement("cad"))
              .setRevision("r")
              .build();
      String name = "refused " + reason.name().substring("REFUSAL_REASON_".length());
      assertThat(judge(grants, refused)).isEqualTo(new Reply(name, false));
      assertThat(judge(refusals, refused)).isEqualTo(new Reply(name, exhausted));
    }
  }

  // The revision comes first on the wire, which a sender is free to do.
  @Test
  void judge_fieldsInAnotherOrder_found() throws Exception {
    byte[] revision = AllocateResponse.newBuilder().setRevision("revision").build().toByteArray();
    byte[] outcome =
        AllocateResponse.newBuilder()
            .setGranted(Granted.getDefaultInstance())
            .build()
            .toByteArray();
    byte[] both = new byte[revision.length + outcome.length];
    System.arraycopy(revision, 0, both, 0, revision.length);
    System.arraycopy(outcome, 0, both, revision.length, outcome.length);

    assertThat(AllocateWorkload.grants(new byte[0][]).judge(both, both.length).counted()).isTrue();
  }

  @Test
  void judge_hostileBytes_noOutcomeAndNoException() {
    AllocateWorkload workload = AllocateWorkload.grants(new byte[0][]);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      assertThat(workload.judge(bytes, bytes.length).name()).isNotEmpty();
    }
  }

  private static Reply judge(AllocateWorkload workload, AllocateResponse response) {
    byte[] bytes = response.toByteArray();
    return workload.judge(bytes, bytes.length);
  }

  @Test
  void payload_readAndDrained_sameBytes() throws Exception {
    Payload payload = new Payload();
    random.nextBytes(payload.bytes());
    payload.ready(100);
    assertThat(payload.available()).isEqualTo(100);
    byte[] expected = Arrays.copyOf(payload.bytes(), 100);

    assertThat(payload.readAllBytes()).isEqualTo(expected);

    payload.ready(100);
    var drained = new ByteArrayOutputStream();
    assertThat(payload.drainTo(drained)).isEqualTo(100);
    assertThat(drained.toByteArray()).isEqualTo(expected);
    assertThat(payload.available()).isZero();
  }
}
