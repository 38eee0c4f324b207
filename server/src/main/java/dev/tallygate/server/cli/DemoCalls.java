package dev.tallygate.server.cli;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.tallygate.client.OpenOutcome;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceBlockingStub;
import dev.tallygate.proto.v1.Subject;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * DemoCalls as a careful client makes them: one request id for one wish, kept over every retry,
 * each attempt on the next node. So a node that dies costs time and never a unit. Any thread.
 */
final class DemoCalls implements AutoCloseable {
  private static final long DEADLINE_MS = 2_000;
  private static final long PAUSE_MS = 50;
  private static final long GIVE_UP_MS = 30_000;

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<LicensingServiceBlockingStub> nodes = new ArrayList<>();
  private final AtomicInteger retries = new AtomicInteger();

  DemoCalls(List<String> targets) {
    for (String target : targets) {
      ManagedChannel channel = Channels.open(target);
      channels.add(channel);
      nodes.add(LicensingServiceGrpc.newBlockingStub(channel));
    }
  }

  int nodes() {
    return nodes.size();
  }

  /** Attempts beyond the first, over all calls. */
  int retries() {
    return retries.get();
  }

  static AllocateRequest.Builder wish(String entitlement, String subject) {
    Instant now = Instant.now();
    return AllocateRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setIssuedAt(
            Timestamp.newBuilder()
                .setSeconds(now.getEpochSecond())
                .setNanos(now.getNano() / 1_000 * 1_000))
        .setSubject(Subject.newBuilder().setType("user").setId(subject))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(1));
  }

  static AllocateRequest.Builder seat(String subject, String session, int ttlSeconds) {
    return wish("cad", subject)
        .setSession(session)
        .setTtl(Duration.newBuilder().setSeconds(ttlSeconds));
  }

  /** Asks until there is an answer, first this node and then the next ones. */
  AllocateResponse allocate(int node, AllocateRequest.Builder wish) {
    return retried(
        node, (stub, attempt) -> stub.allocate(wish.clone().setAttempt(attempt).build()));
  }

  /** Any call that is safe to send again. */
  <T> T call(int node, Call<T> call) {
    return retried(node, call);
  }

  private <T> T retried(int node, Call<T> call) {
    long giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GIVE_UP_MS);
    for (int attempt = 1; ; attempt++) {
      LicensingServiceBlockingStub stub = nodes.get((node + attempt - 1) % nodes.size());
      try {
        return call.send(stub.withDeadlineAfter(DEADLINE_MS, TimeUnit.MILLISECONDS), attempt);
      } catch (StatusRuntimeException e) {
        if (!OpenOutcome.of(e.getStatus()) || System.nanoTime() > giveUp) throw e;
        retries.incrementAndGet();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MS));
      }
    }
  }

  @Override
  public void close() {
    for (ManagedChannel channel : channels) channel.shutdownNow();
  }

  /** One attempt. */
  interface Call<T> {
    T send(LicensingServiceBlockingStub stub, int attempt);
  }
}
