package dev.tallygate.loadtest;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A licensing service in this JVM that grants up to a limit, remembers ids, and can fail on demand.
 */
public final class FakeLicensing extends LicensingServiceGrpc.LicensingServiceImplBase
    implements AutoCloseable {
  private final Server server;
  private final long limit;
  private final AtomicLong granted = new AtomicLong();
  private final Set<String> ids = ConcurrentHashMap.newKeySet();
  private final AtomicLong calls = new AtomicLong();
  private volatile long failEvery = Long.MAX_VALUE;

  public FakeLicensing(long limit) throws IOException {
    this.limit = limit;
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(this)
            .build()
            .start();
  }

  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  public long granted() {
    return granted.get();
  }

  /** Different ids seen: less than the calls where an id was not fresh. */
  public long ids() {
    return ids.size();
  }

  public long calls() {
    return calls.get();
  }

  /** Every n-th call fails UNAVAILABLE. */
  public void failEvery(long n) {
    failEvery = n;
  }

  public void stop() {
    server.shutdownNow();
  }

  @Override
  public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> reply) {
    if (calls.incrementAndGet() % failEvery == 0) {
      reply.onError(Status.UNAVAILABLE.asRuntimeException());
      return;
    }
    ids.add(request.getRequestId());
    boolean grants = granted.incrementAndGet() <= limit;
    if (!grants) granted.decrementAndGet();
    AllocateResponse.Builder response = AllocateResponse.newBuilder().setRevision("r");
    String entitlement = request.getEntitlements(0).getEntitlement();
    if (grants) {
      response.setGranted(
          Granted.newBuilder()
              .addGrants(
                  Grant.newBuilder()
                      .setKind(GrantKind.GRANT_KIND_RECEIPT)
                      .setEntitlement(entitlement)
                      .setUnits(1)
                      .setLeaseId(request.getRequestId())
                      .setToken("t")));
    } else {
      response.setRefused(
          Refusal.newBuilder()
              .setReason(RefusalReason.REFUSAL_REASON_EXHAUSTED)
              .setEntitlement(entitlement));
    }
    reply.onNext(response.build());
    reply.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
