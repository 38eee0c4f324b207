package dev.tallygate.client.guard;

import com.google.protobuf.Duration;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.CancelRequest;
import dev.tallygate.proto.v1.CommitRequest;
import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.Ended;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.LicensingServiceGrpc.LicensingServiceImplBase;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.SettleResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A licensing service that answers what a test laid out, and notes what it was asked. Every Renew
 * is answered with the end of the lease.
 */
final class LaidOutLicensing extends LicensingServiceImplBase implements AutoCloseable {
  private static final long WAIT_S = 20;

  private final BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private final List<String> all = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<Void> allocates = CompletableFuture.completedFuture(null);
  private volatile CompletableFuture<Void> releases = CompletableFuture.completedFuture(null);
  private @Nullable Server server;

  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  String target() {
    if (server == null) throw new AssertionError("not started");
    return "127.0.0.1:" + server.getPort();
  }

  void grant(GrantKind kind, long ttlSeconds) {
    Grant.Builder grant =
        Grant.newBuilder()
            .setKind(kind)
            .setUnits(1)
            .setLeaseId("l")
            .setToken("t")
            .setTtl(Duration.newBuilder().setSeconds(ttlSeconds));
    answers.add(
        AllocateResponse.newBuilder().setGranted(Granted.newBuilder().addGrants(grant)).build());
  }

  /** Answers with a status instead. */
  void fail(Status status) {
    answers.add(status);
  }

  void refuse(long limit, int retryAfterMs) {
    answers.add(
        AllocateResponse.newBuilder()
            .setRefused(
                Refusal.newBuilder()
                    .setReason(RefusalReason.REFUSAL_REASON_EXHAUSTED)
                    .setEntitlement("editor")
                    .setLimit(limit)
                    .setTaken(limit)
                    .setRetryAfter(
                        Duration.newBuilder()
                            .setSeconds(retryAfterMs / 1_000)
                            .setNanos(retryAfterMs % 1_000 * 1_000_000)))
            .build());
  }

  /** The next call that came, in order. */
  String next() throws InterruptedException {
    String method = asked.poll(WAIT_S, TimeUnit.SECONDS);
    if (method == null) throw new AssertionError("nothing more was asked");
    return method;
  }

  long seen(String method) {
    return all.stream().filter(method::equals).count();
  }

  /** As {@link #holdReleases}. */
  CompletableFuture<Void> holdAllocates() {
    allocates = new CompletableFuture<>();
    return allocates;
  }

  /** From now on a Release is noted, and answered when the future ends that is returned. */
  CompletableFuture<Void> holdReleases() {
    releases = new CompletableFuture<>();
    return releases;
  }

  private void note(String method) {
    all.add(method);
    asked.add(method);
  }

  private <T> void answer(String method, StreamObserver<T> call, T answer) {
    note(method);
    reply(call, answer);
  }

  private static <T> void reply(StreamObserver<T> call, T answer) {
    call.onNext(answer);
    call.onCompleted();
  }

  private static Ended ended(EndReason reason) {
    return Ended.newBuilder().setReason(reason).build();
  }

  @Override
  public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> call) {
    note("Allocate");
    var unused =
        allocates.thenRun(
            () -> {
              Object answer = answers.poll();
              if (answer instanceof Status status) call.onError(status.asException());
              else if (answer instanceof AllocateResponse response) reply(call, response);
              else reply(call, AllocateResponse.getDefaultInstance());
            });
  }

  @Override
  public void renew(RenewRequest request, StreamObserver<RenewResponse> call) {
    answer(
        "Renew",
        call,
        RenewResponse.newBuilder().setEnded(ended(EndReason.END_REASON_REVOKED)).build());
  }

  @Override
  public void release(ReleaseRequest request, StreamObserver<ReleaseResponse> call) {
    note("Release");
    ReleaseResponse answer =
        ReleaseResponse.newBuilder().setEnded(ended(EndReason.END_REASON_RELEASED)).build();
    var unused = releases.thenRun(() -> reply(call, answer));
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<SettleResponse> call) {
    answer(
        "Commit",
        call,
        SettleResponse.newBuilder().setEnded(ended(EndReason.END_REASON_COMMITTED)).build());
  }

  @Override
  public void cancel(CancelRequest request, StreamObserver<SettleResponse> call) {
    answer(
        "Cancel",
        call,
        SettleResponse.newBuilder().setEnded(ended(EndReason.END_REASON_CANCELLED)).build());
  }

  @Override
  public void close() {
    if (server != null) server.shutdownNow();
  }
}
