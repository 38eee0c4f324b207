package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.loadtest.peer.Await;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.loadtest.peer.ClusterNode;
import dev.tallygate.proto.v1.CallError;
import dev.tallygate.proto.v1.KeepAliveRequest;
import dev.tallygate.proto.v1.KeepAliveResponse;
import dev.tallygate.proto.v1.KeepAliveResult;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Kills the leader and renews every lease once through the nodes that are left, asking again until
 * each message has its answer.
 */
final class LeaderKill {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);

  private final Cluster cluster;
  private final List<KeepAliveRequest> messages;
  private final Duration within;
  private long lost;

  /**
   * For leases that are held.
   *
   * @param messages renewals of all of them
   * @param within when the first of them would end where nobody renewed it
   */
  LeaderKill(Cluster cluster, List<KeepAliveRequest> messages, Duration within) {
    this.cluster = cluster;
    this.messages = messages;
    this.within = within;
  }

  /**
   * What became of the leases.
   *
   * @param allRenewedMs from the kill until every lease was renewed
   * @param lost leases that were over when they were renewed
   */
  record Survived(long allRenewedMs, long lost) {}

  Survived run() throws InterruptedException {
    String leader = cluster.awaitLeader().id();
    cluster.kill(leader);
    long startNs = System.nanoTime();
    List<ClusterNode> left =
        cluster.nodes().stream().filter(node -> !node.id().equals(leader)).toList();
    int[] turn = {0};
    for (KeepAliveRequest message : messages) {
      if (!Await.until(within, () -> renewed(left.get(turn[0]++ % left.size()), message)))
        throw new LoadtestException("no node renewed anything for " + within.toSeconds() + " s");
    }
    return new Survived(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs), lost);
  }

  /** Sends one message to a node; false where it has to be sent again. */
  private boolean renewed(ClusterNode node, KeepAliveRequest message) throws InterruptedException {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(node.data()).usePlaintext().disableRetry().build();
    try {
      BlockingQueue<KeepAliveResponse> answers = new LinkedBlockingQueue<>();
      StreamObserver<KeepAliveRequest> stream =
          LicensingServiceGrpc.newStub(channel).keepAlive(new Answers(answers));
      stream.onNext(message);
      KeepAliveResponse answer = answers.poll(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
      return answer != null && !answer.hasError() && taken(answer);
    } finally {
      channel.shutdownNow();
    }
  }

  private boolean taken(KeepAliveResponse answer) {
    long over = 0;
    for (KeepAliveResult result : answer.getResultsList()) {
      // Outcome unknown: renewing is safe to repeat.
      if (result.hasError()) return false;
      if (!result.getResponse().hasRenewed()) over++;
    }
    lost += over;
    return true;
  }

  /** Hands on what is said; a stream that fails says that the message failed. */
  private record Answers(BlockingQueue<KeepAliveResponse> answers)
      implements StreamObserver<KeepAliveResponse> {
    @Override
    public void onNext(KeepAliveResponse answer) {
      answers.add(answer);
    }

    @Override
    public void onError(Throwable failure) {
      answers.add(KeepAliveResponse.newBuilder().setError(CallError.getDefaultInstance()).build());
    }

    @Override
    public void onCompleted() {}
  }
}
