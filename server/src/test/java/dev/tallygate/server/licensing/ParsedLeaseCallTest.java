package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.RenewRequest;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

// The generated parsers are the reference, as for Allocate.
class ParsedLeaseCallTest {
  private static final long SEED = Long.getLong("seed", 20_260_102);
  private static final int ROUNDS = 2_000;

  private final ClusterIds ids = new ClusterIds(new UUID(1, 2));
  private final ParsedLeaseCall parsed = new ParsedLeaseCall();

  @Test
  void parse_randomRequests_readsWhatProtobufReads() throws Exception {
    System.out.println("seed " + SEED);
    for (int i = 0; i < ROUNDS; i++) {
      SplittableRandom random = new SplittableRandom(SEED + i);
      long lease = random.nextLong();
      long token = random.nextLong();
      for (Method method :
          new Method[] {Method.RENEW, Method.RELEASE, Method.COMMIT, Method.CANCEL}) {
        Message request = request(method, random, ids.format(lease), ids.format(token));
        parsed.parse(method, new RandomRequests(SEED + i).otherEncoding(request), ids);
        assertThat(parsed.tenant.toString()).isEqualTo(field(request, "tenant"));
        assertThat(parsed.leaseId).isEqualTo(lease);
        assertThat(parsed.token).isEqualTo(token);
        assertThat(parsed.units)
            .isEqualTo(request instanceof CommitRequest commit ? commit.getUnits() : 0);
        assertThat(parsed.ttlUs)
            .isEqualTo(
                request instanceof RenewRequest renew
                    ? renew.getTtl().getSeconds() * 1_000_000
                    : 0);
      }
    }
  }

  @Test
  void parse_damagedBytes_isWhatProtobufReadsOrMalformed() {
    System.out.println("seed " + SEED);
    for (int i = 0; i < ROUNDS; i++) {
      SplittableRandom random = new SplittableRandom(SEED + i);
      for (Method method :
          new Method[] {Method.RENEW, Method.RELEASE, Method.COMMIT, Method.CANCEL}) {
        byte[] request = request(method, random, ids.format(i), ids.format(i)).toByteArray();
        reads(method, new RandomRequests(SEED + i).damaged(request));
        reads(method, Arrays.copyOf(request, random.nextInt(request.length)));
      }
    }
  }

  @Test
  void parse_badIds_areNamed() {
    refused("lease_id: is required", RenewRequest.newBuilder().setToken(ids.format(1)).build());
    refused("token: is required", RenewRequest.newBuilder().setLeaseId(ids.format(1)).build());
    refused(
        "lease_id: has 65 bytes, allowed are 1 to 64",
        RenewRequest.newBuilder().setLeaseId("x".repeat(65)).setToken(ids.format(1)).build());
    refused(
        "lease_id: is not an id",
        RenewRequest.newBuilder().setLeaseId("lease-7").setToken(ids.format(1)).build());
    refused(
        "ttl: is shorter than 1 second",
        RenewRequest.newBuilder()
            .setLeaseId(ids.format(1))
            .setToken(ids.format(1))
            .setTtl(Duration.newBuilder().setNanos(999_999_999))
            .build());
    assertThatThrownBy(
            () ->
                parsed.parse(
                    Method.COMMIT,
                    CommitRequest.newBuilder()
                        .setLeaseId(ids.format(1))
                        .setToken(ids.format(1))
                        .setUnits(-1)
                        .build()
                        .toByteArray(),
                    ids))
        .isInstanceOf(Malformed.class)
        .hasMessageStartingWith("units: is `-1`, allowed are 0 to");
  }

  @Test
  void parse_idOfAnotherCluster_isForeign() {
    String foreign = new ClusterIds(new UUID(3, 4)).format(9);
    assertThatThrownBy(
            () ->
                parsed.parse(
                    Method.RELEASE,
                    ReleaseRequest.newBuilder()
                        .setLeaseId(foreign)
                        .setToken(foreign)
                        .build()
                        .toByteArray(),
                    ids))
        .isInstanceOf(ForeignId.class);
  }

  private void reads(Method method, byte[] bytes) {
    @Nullable Message expected = null;
    try {
      expected = parser(method).parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      // Then we must refuse too.
    }
    try {
      parsed.parse(method, bytes, ids);
    } catch (Malformed | ForeignId e) {
      return;
    }
    if (expected == null) throw new AssertionError("read what protobuf refuses");
    assertThat(parsed.tenant.toString()).isEqualTo(field(expected, "tenant"));
    assertThat(ids.format(parsed.leaseId)).isEqualTo(field(expected, "lease_id"));
    assertThat(ids.format(parsed.token)).isEqualTo(field(expected, "token"));
  }

  private void refused(String message, RenewRequest request) {
    assertThatThrownBy(() -> parsed.parse(Method.RENEW, request.toByteArray(), ids))
        .isInstanceOf(Malformed.class)
        .hasMessageStartingWith(message);
  }

  private static Message request(
      Method method, SplittableRandom random, String lease, String token) {
    String tenant = "t".repeat(random.nextInt(5));
    return switch (method) {
      case RENEW -> {
        RenewRequest.Builder renew =
            RenewRequest.newBuilder().setTenant(tenant).setLeaseId(lease).setToken(token);
        if (random.nextBoolean())
          renew.setTtl(Duration.newBuilder().setSeconds(1 + random.nextInt(100_000)));
        yield renew.build();
      }
      case RELEASE ->
          ReleaseRequest.newBuilder().setTenant(tenant).setLeaseId(lease).setToken(token).build();
      case COMMIT ->
          CommitRequest.newBuilder()
              .setTenant(tenant)
              .setLeaseId(lease)
              .setToken(token)
              .setUnits(random.nextLong(Limits.UNITS_MAX))
              .build();
      default ->
          CancelRequest.newBuilder().setTenant(tenant).setLeaseId(lease).setToken(token).build();
    };
  }

  private static Parser<? extends Message> parser(Method method) {
    return switch (method) {
      case RENEW -> RenewRequest.parser();
      case RELEASE -> ReleaseRequest.parser();
      case COMMIT -> CommitRequest.parser();
      default -> CancelRequest.parser();
    };
  }

  private static Object field(Message message, String name) {
    return message.getField(message.getDescriptorForType().findFieldByName(name));
  }
}
