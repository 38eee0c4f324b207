package dev.tallygate.server.licensing;

import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the hand-written codec of Allocate costs beside the generated one. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class HotWireBenchmark {
  private final ParsedAllocate parsed = new ParsedAllocate();
  private final AnswerWriter writer = new AnswerWriter(new ClusterIds(new UUID(1, 2)));
  private final byte[] plain = request().build().toByteArray();
  private final byte[] withProperties =
      request()
          .putContext("account", Value.newBuilder().setStringValue("acme-corp").build())
          .putContext("seats", Value.newBuilder().setIntValue(12).build())
          .putContext("trial", Value.newBuilder().setBoolValue(false).build())
          .build()
          .toByteArray();
  private final byte[] entitlement = {'p', 'o', 'o', 'l', '-', '1', '2', '3'};
  private final String name = "pool-123";
  private final String revision = new ClusterIds(new UUID(1, 2)).format(123_456);

  private static AllocateRequest.Builder request() {
    return AllocateRequest.newBuilder()
        .setRequestId("0b7a4b0e-6d0c-4a52-9d1e-1f2e3d4c5b6a")
        .setIssuedAt(Timestamp.newBuilder().setSeconds(1_767_225_600).setNanos(123_456_000))
        .setAttempt(1)
        .setSubject(Subject.newBuilder().setType("service").setId("billing-worker-17"))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("pool-123").setUnits(1));
  }

  @Benchmark
  public long parse() throws Malformed {
    parsed.parse(plain);
    return parsed.units[0];
  }

  @Benchmark
  public long parseAndHash() throws Malformed {
    parsed.parse(plain);
    return parsed.contentHash().high();
  }

  @Benchmark
  public long parseAndHashWithProperties() throws Malformed {
    parsed.parse(withProperties);
    return parsed.contentHash().high();
  }

  @Benchmark
  public Object parseGenerated() throws InvalidProtocolBufferException {
    return AllocateRequest.parseFrom(plain);
  }

  @Benchmark
  public Object parseGeneratedWithProperties() throws InvalidProtocolBufferException {
    return AllocateRequest.parseFrom(withProperties);
  }

  @Benchmark
  public byte[] writeRefusal() {
    return writer.exhausted(9, entitlement, new byte[0], 100, 100, 0, 0, 7, 1_000_000, 123_456);
  }

  @Benchmark
  public byte[] writeRefusalGenerated() {
    return AllocateResponse.newBuilder()
        .setRefused(
            Refusal.newBuilder()
                .setReason(RefusalReason.REFUSAL_REASON_EXHAUSTED)
                .setEntitlement(name)
                .setLimit(100)
                .setTaken(100)
                .setCatalogVersion(7)
                .setRetryAfter(Duration.newBuilder().setSeconds(1)))
        .setRevision(revision)
        .build()
        .toByteArray();
  }
}
