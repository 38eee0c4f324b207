package dev.tallygate.client;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.RenewResponse;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Nodes whose answers a test lays out in advance or gives by hand. One thread. */
final class FakeNodes implements Transport {
  static final long DEADLINE_MS = 10_000;
  static final long ATTEMPT_MS = 3_000;
  private static final long NS_PER_MS = 1_000_000;

  /** One attempt as it was sent. */
  record Sent(String node, String method, Object request, long withinMs, Reply<Object> reply) {
    AllocateRequest allocate() {
      return (AllocateRequest) request;
    }
  }

  final FakeTime time = new FakeTime();
  final List<Sent> sent = new ArrayList<>();
  final List<String> told = new ArrayList<>();
  final List<String> forgotten = new ArrayList<>();
  final Calls calls;
  final Connection connection;
  final Tallygate tallygate;
  private final Deque<Object> next = new ArrayDeque<>();
  private @Nullable Failure otherwise;

  FakeNodes(String... nodes) {
    calls =
        new Calls(
            this,
            new Nodes(List.of(nodes), this, time),
            time,
            new SplittableRandom(7),
            ATTEMPT_MS * NS_PER_MS);
    connection =
        new Connection(
            calls, time, new Tellers(Runnable::run), "", DEADLINE_MS * NS_PER_MS, new Held());
    tallygate = new Tallygate(connection);
  }

  /** What the next attempts come to: an answer, or a {@link Failure}. */
  FakeNodes then(Object... answersOrFailures) {
    next.addAll(List.of(answersOrFailures));
    return this;
  }

  /** What every attempt comes to for which nothing else is laid out. */
  void otherwise(Failure failure) {
    otherwise = failure;
  }

  @Override
  @SuppressWarnings("unchecked") // Which answer fits which method is the test's business.
  public <Q, A> void send(
      String node, MethodDescriptor<Q, A> method, Q request, long withinNs, Reply<A> reply) {
    Reply<Object> any = (Reply<Object>) reply;
    sent.add(new Sent(node, method.getBareMethodName() + "", request, withinNs / NS_PER_MS, any));
    Object end = next.isEmpty() ? otherwise : next.poll();
    if (end instanceof Failure failure) {
      any.failed(failure);
    } else if (end != null) {
      any.answered(end, null);
    }
  }

  @Override
  public boolean mayReach(String node) {
    return !node.startsWith("far");
  }

  @Override
  public void forget(String node) {
    forgotten.add(node);
  }

  Sent last() {
    return sent.get(sent.size() - 1);
  }

  long count(String method) {
    return sent.stream().filter(each -> each.method().equals(method)).count();
  }

  /** Writes down what it hears. */
  LeaseListener listener() {
    return new LeaseListener() {
      @Override
      public void unconfirmed(Lease lease) {
        told.add("unconfirmed");
      }

      @Override
      public void confirmed(Lease lease) {
        told.add("confirmed");
      }

      @Override
      public void lost(Lease lease, Allocation.NotHeld why) {
        told.add("lost " + why.why());
      }
    };
  }

  static Failure failure(Status.Code code, String reason, long retryMs, @Nullable String leader) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(Code.forNumber(code.value()).getNumber())
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder().setReason(reason).setDomain("tallygate.dev").build()));
    if (retryMs >= 0) {
      Duration delay =
          Duration.newBuilder()
              .setSeconds(retryMs / 1_000)
              .setNanos((int) (retryMs % 1_000 * NS_PER_MS))
              .build();
      status.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
    }
    StatusRuntimeException wire = StatusProto.toStatusRuntimeException(status.build());
    Metadata trailers = wire.getTrailers() == null ? new Metadata() : wire.getTrailers();
    if (leader != null) trailers.put(Failure.LEADER, "some-node " + leader);
    return Failure.of(wire.getStatus(), trailers, true);
  }

  static Failure bare(Status status, boolean sent) {
    return Failure.of(status, new Metadata(), sent);
  }

  static Grant.Builder seat(String token, long ttlMs) {
    return Grant.newBuilder()
        .setKind(GrantKind.GRANT_KIND_LEASE)
        .setEntitlement("editor")
        .setUnits(1)
        .setLeaseId("lease-1")
        .setToken(token)
        .setTtl(Protos.of(java.time.Duration.ofMillis(ttlMs)));
  }

  static AllocateResponse granted(Grant.Builder grant) {
    return AllocateResponse.newBuilder().setGranted(Granted.newBuilder().addGrants(grant)).build();
  }

  static RenewResponse renewed(String token, long ttlMs) {
    return RenewResponse.newBuilder().setRenewed(seat(token, ttlMs)).build();
  }

  static dev.tallygate.proto.v1.Ended ended(EndReason reason) {
    return dev.tallygate.proto.v1.Ended.newBuilder().setReason(reason).build();
  }
}
