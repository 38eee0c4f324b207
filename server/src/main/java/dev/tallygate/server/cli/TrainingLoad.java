package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceStub;
import dev.tallygate.proto.v1.Subject;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Keeps a node busy with allocations. What they answer does not matter. */
final class TrainingLoad {
  private static final int CONNECTIONS = 4;
  private static final int IN_FLIGHT = 256;
  private static final int SUBJECTS = 1_000;

  private TrainingLoad() {}

  static void run(String target, long ms) throws InterruptedException {
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) channels.add(Channels.open(target));
    Semaphore permits = new Semaphore(IN_FLIGHT);
    long endNs = System.nanoTime() + ms * 1_000_000;
    try {
      for (int i = 0; System.nanoTime() < endNs; i++) {
        permits.acquire();
        LicensingServiceStub stub =
            LicensingServiceGrpc.newStub(channels.get(i % CONNECTIONS))
                .withDeadlineAfter(5, TimeUnit.SECONDS);
        stub.allocate(request(i), new Returning(permits));
      }
      boolean unused = permits.tryAcquire(IN_FLIGHT, 10, TimeUnit.SECONDS);
    } finally {
      channels.forEach(ManagedChannel::shutdownNow);
    }
  }

  private static AllocateRequest request(int number) {
    return AllocateRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setIssuedAt(Arguments.timestamp(Instant.now()))
        .setAttempt(1)
        .setSubject(Subject.newBuilder().setType("user").setId("u" + number % SUBJECTS))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("trained").setUnits(1))
        .build();
  }

  /** Gives its permit back at the end of the call, however it ends. */
  private record Returning(Semaphore permits) implements StreamObserver<AllocateResponse> {
    @Override
    public void onNext(AllocateResponse answer) {}

    @Override
    public void onError(Throwable failure) {
      permits.release();
    }

    @Override
    public void onCompleted() {
      permits.release();
    }
  }
}
