package dev.tallygate.loadtest;

import com.google.protobuf.Timestamp;
import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.loadtest.peer.Await;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.loadtest.peer.ClusterNode;
import dev.tallygate.proto.v1.AllocateBatchRequest;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResult;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.KeepAliveRequest;
import dev.tallygate.proto.v1.KeepAliveResponse;
import dev.tallygate.proto.v1.KeepAliveResult;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RenewRequest;
import dev.tallygate.proto.v1.Subject;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Takes the leases, keeps them alive, and reads what each node's process spent meanwhile. */
final class KeepAliveRun implements AutoCloseable {
  private static final int BATCH = 1_000;
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofSeconds(15);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

  private final Cluster cluster;
  private final int leases;
  private final int streams;
  private final int perMessage;
  private final Consumer<String> progress;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final LongAdder renewed = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();

  KeepAliveRun(
      Cluster cluster, int leases, int streams, int perMessage, Consumer<String> progress) {
    this.cluster = cluster;
    this.leases = leases;
    this.streams = streams;
    this.perMessage = perMessage;
    this.progress = progress;
  }

  /** Renewals of one message, and the stream that they go out on. */
  private record Round(StreamObserver<KeepAliveRequest> stream, KeepAliveRequest message) {}

  KeepAliveReport run(Duration time) throws InterruptedException {
    ClusterNode leader = cluster.awaitLeader();
    cluster.admin(leader.id()).applyCatalog(Catalogs.keepAlive(leases, TTL));
    List<Grant> grants = take(leader);
    List<Round> rounds = rounds(grants);
    Duration cycle = TTL.dividedBy(3);
    progress.accept("two rounds of renewals in " + 2 * cycle.toSeconds() + " s, as a warm-up");
    drive(rounds, cycle, cycle.multipliedBy(2));
    progress.accept("measuring " + time.toSeconds() + " s of renewals");
    long before = renewed.sum();
    double[] beforeS = spentS();
    long startNs = System.nanoTime();
    drive(rounds, cycle, time);
    double seconds = seconds(startNs);
    double[] afterS = spentS();
    if (!cluster.awaitLeader().id().equals(leader.id()))
      throw new LoadtestException("the lead moved while it was measured: run it again");
    long renewals = renewed.sum() - before;
    // Last, when everything that was called is compiled; the leases are still live.
    progress.accept("measuring " + IDLE.toSeconds() + " s of rest");
    double[] restS = spentS();
    startNs = System.nanoTime();
    TimeUnit.NANOSECONDS.sleep(IDLE.toNanos());
    double[] idle = percent(restS, spentS(), seconds(startNs));
    drive(rounds, cycle, cycle);
    progress.accept("killing the leader, and renewing every lease through the others");
    LeaderKill.Survived survived =
        new LeaderKill(cluster, rounds.stream().map(Round::message).toList(), TTL).run();
    return report(leader, seconds, renewals, idle, percent(beforeS, afterS, seconds), survived);
  }

  private KeepAliveReport report(
      ClusterNode leader,
      double seconds,
      long renewals,
      double[] idle,
      double[] busy,
      LeaderKill.Survived survived) {
    List<KeepAliveReport.NodeFigures> nodes = new ArrayList<>();
    for (int i = 0; i < idle.length; i++) {
      String id = cluster.nodes().get(i).id();
      double spentUs = (busy[i] - idle[i]) / 100 * seconds * 1e6;
      nodes.add(
          new KeepAliveReport.NodeFigures(
              id, id.equals(leader.id()), idle[i], busy[i], spentUs / Math.max(1, renewals)));
    }
    return KeepAliveReport.of(
        leases,
        TTL.toSeconds(),
        streams,
        perMessage,
        seconds,
        renewals,
        failed.sum(),
        nodes,
        survived);
  }

  private List<Grant> take(ClusterNode leader) {
    progress.accept(String.format(java.util.Locale.ROOT, "taking %,d leases", leases));
    LicensingServiceGrpc.LicensingServiceBlockingStub stub =
        LicensingServiceGrpc.newBlockingStub(channel(leader));
    List<Grant> grants = new ArrayList<>();
    while (grants.size() < leases) {
      AllocateBatchRequest.Builder batch = AllocateBatchRequest.newBuilder();
      for (int i = 0; i < Math.min(BATCH, leases - grants.size()); i++)
        batch.addRequests(request("user-" + (grants.size() + i)));
      for (AllocateResult result :
          stub.withDeadlineAfter(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
              .allocateBatch(batch.build())
              .getResultsList()) {
        if (!result.getResponse().hasGranted())
          throw new LoadtestException("a lease was not granted: " + result);
        grants.add(result.getResponse().getGranted().getGrants(0));
      }
    }
    return grants;
  }

  private static AllocateRequest request(String user) {
    Instant now = Instant.now();
    return AllocateRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setIssuedAt(
            Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()))
        .setAttempt(1)
        .setSubject(Subject.newBuilder().setType("user").setId(user))
        .setSession(user)
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(Catalogs.SESSIONS))
        .build();
  }

  /** All messages of a cycle, each on the stream that has these leases. */
  private List<Round> rounds(List<Grant> grants) {
    List<StreamObserver<KeepAliveRequest>> open = new ArrayList<>();
    for (int i = 0; i < streams; i++)
      open.add(
          LicensingServiceGrpc.newStub(channel(cluster.nodes().get(i % cluster.nodes().size())))
              .keepAlive(new Answers()));
    List<Round> rounds = new ArrayList<>();
    for (int from = 0; from < grants.size(); from += perMessage) {
      KeepAliveRequest.Builder message = KeepAliveRequest.newBuilder().setNumber(rounds.size() + 1);
      for (Grant grant : grants.subList(from, Math.min(from + perMessage, grants.size())))
        message.addRenewals(
            RenewRequest.newBuilder().setLeaseId(grant.getLeaseId()).setToken(grant.getToken()));
      rounds.add(new Round(open.get(rounds.size() % streams), message.build()));
    }
    return rounds;
  }

  /** Counts what comes back. */
  private final class Answers implements StreamObserver<KeepAliveResponse> {
    @Override
    public void onNext(KeepAliveResponse answer) {
      if (answer.hasError()) broken.set(new LoadtestException("a message failed: " + answer));
      for (KeepAliveResult result : answer.getResultsList()) {
        if (result.getResponse().hasRenewed()) renewed.increment();
        else failed.increment();
      }
    }

    @Override
    public void onError(Throwable failure) {
      broken.set(failure);
    }

    @Override
    public void onCompleted() {}
  }

  /** Sends evenly, one cycle after the other, for about the time, and waits for all answers. */
  private void drive(List<Round> rounds, Duration cycle, Duration time)
      throws InterruptedException {
    long expected = renewed.sum() + failed.sum();
    long stepNs = cycle.toNanos() / rounds.size();
    long dueNs = System.nanoTime();
    long endNs = dueNs + time.toNanos();
    for (int i = 0; dueNs - endNs < 0; i = (i + 1) % rounds.size(), dueNs += stepNs) {
      for (long leftNs; (leftNs = dueNs - System.nanoTime()) > 0; ) LockSupport.parkNanos(leftNs);
      Throwable failure = broken.get();
      if (failure != null) throw new LoadtestException("a stream broke", failure);
      Round round = rounds.get(i);
      round.stream().onNext(round.message());
      expected += round.message().getRenewalsCount();
    }
    long wanted = expected;
    if (!Await.until(ANSWER_MAX, () -> renewed.sum() + failed.sum() >= wanted))
      throw new LoadtestException("not every renewal was answered in time");
  }

  /** CPU time of each node's process by now. */
  private double[] spentS() {
    return cluster.nodes().stream()
        .mapToDouble(
            node ->
                ProcessHandle.of(node.pid())
                    .flatMap(process -> process.info().totalCpuDuration())
                    .map(cpu -> cpu.toNanos() / 1e9)
                    .orElseThrow(
                        () ->
                            new LoadtestException(
                                "this system does not tell the CPU time of a process")))
        .toArray();
  }

  private static double[] percent(double[] beforeS, double[] afterS, double seconds) {
    double[] percent = new double[beforeS.length];
    for (int i = 0; i < percent.length; i++) percent[i] = (afterS[i] - beforeS[i]) / seconds * 100;
    return percent;
  }

  private static double seconds(long startNs) {
    return (System.nanoTime() - startNs) / 1e9;
  }

  private ManagedChannel channel(ClusterNode node) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(node.data()).usePlaintext().disableRetry().build();
    channels.add(channel);
    return channel;
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
