import com.google.protobuf.Timestamp;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceBlockingStub;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.Subject;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Takes one seat of an entitlement, says what came of it, and gives it back. */
public final class Seat {
  private static final int TRIES = 10;
  private static final long PAUSE_MS = 200;

  private final LicensingServiceBlockingStub node;

  private Seat(ManagedChannel channel) {
    node = LicensingServiceGrpc.newBlockingStub(channel);
  }

  public static void main(String[] args) throws InterruptedException {
    if (args.length != 2) {
      System.err.println("usage: Seat DATA-ADDRESS ENTITLEMENT; `cluster status` shows addresses");
      System.exit(2);
    }
    ManagedChannel channel = NettyChannelBuilder.forTarget(args[0]).usePlaintext().build();
    try {
      new Seat(channel).useOnce(args[1]);
    } finally {
      channel.shutdownNow();
    }
  }

  private void useOnce(String entitlement) throws InterruptedException {
    AllocateResponse answer = allocate(entitlement, "alice", "laptop");
    switch (answer.getOutcomeCase()) {
      case GRANTED -> {
        Grant seat = answer.getGranted().getGrants(0);
        System.out.println(
            "granted for " + seat.getTtl().getSeconds() + " s, free: " + seat.getFree());
        // Work goes here. Renew well before the ttl is over; stop working when a Renew is refused.
        release(seat);
        System.out.println("given back");
      }
      case REFUSED -> System.out.println("refused: " + answer.getRefused().getReason());
      default -> System.out.println("over already: " + answer.getEnded().getReason());
    }
  }

  private AllocateResponse allocate(String entitlement, String user, String session)
      throws InterruptedException {
    Instant now = Instant.now();
    // Made once: these two name the request. Every try sends them again, and only counts up.
    AllocateRequest request =
        AllocateRequest.newBuilder()
            .setRequestId(UUID.randomUUID().toString())
            .setIssuedAt(
                Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()))
            .setSubject(Subject.newBuilder().setType("user").setId(user))
            .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(1))
            .setSession(session)
            .build();
    return retried(attempt -> within().allocate(request.toBuilder().setAttempt(attempt).build()));
  }

  private void release(Grant seat) throws InterruptedException {
    ReleaseRequest request =
        ReleaseRequest.newBuilder()
            .setLeaseId(seat.getLeaseId())
            .setToken(seat.getToken())
            .build();
    retried(attempt -> within().release(request));
  }

  private LicensingServiceBlockingStub within() {
    return node.withDeadlineAfter(2, TimeUnit.SECONDS);
  }

  /** Sends until there is an answer. With several nodes, each try may go to another one. */
  private static <T> T retried(Function<Integer, T> call) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.apply(attempt);
      } catch (StatusRuntimeException e) {
        if (attempt == TRIES || !worthARetry(e.getStatus().getCode())) throw e;
        Thread.sleep(PAUSE_MS);
      }
    }
  }

  private static boolean worthARetry(Status.Code code) {
    return switch (code) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED -> true;
      default -> false;
    };
  }
}
