package dev.tallygate.raft;

import static dev.tallygate.raft.Eventually.eventually;
import static dev.tallygate.raft.RaftCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class PeersClusterTest {
  private static final int ECHO = 16;
  private static final int NEVER = 17;
  private static final int BROKEN = 18;

  @TempDir Path dir;

  private final ConcurrentLinkedQueue<Integer> arrived = new ConcurrentLinkedQueue<>();

  private RaftCluster cluster() throws Exception {
    RaftCluster cluster = new RaftCluster(dir, 3, b -> b.peerQuestionsMax = 4_000);
    cluster.setUp =
        member -> {
          member.node.handle(
              ECHO,
              (from, question, deadlineNs) -> {
                if (question.length == 4) {
                  arrived.add(ByteBuffer.wrap(question).getInt());
                }
                return CompletableFuture.completedFuture(question);
              });
          member.node.handle(NEVER, (from, question, deadlineNs) -> new CompletableFuture<>());
          member.node.handle(
              BROKEN,
              (from, question, deadlineNs) -> {
                throw new IllegalStateException("broken for " + from);
              });
        };
    return cluster.start();
  }

  @Test
  void thousandsInFlight_eachIsAnsweredAndArrivesInOrder() throws Exception {
    try (RaftCluster cluster = cluster()) {
      List<CompletableFuture<byte[]>> answers = new ArrayList<>();
      for (int i = 0; i < 4_000; i++) {
        byte[] question = ByteBuffer.allocate(4).putInt(i).array();
        answers.add(cluster.members.get(0).node.ask("n1", ECHO, question, 20_000));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertThat(ByteBuffer.wrap(answers.get(i).get(20, TimeUnit.SECONDS)).getInt()).isEqualTo(i);
      }
      assertThat(List.copyOf(arrived)).isSorted().hasSize(4_000);
    }
  }

  @Test
  void failures_areToldApart() throws Exception {
    try (RaftCluster cluster = cluster()) {
      RaftNode node = cluster.members.get(0).node;
      byte[] none = new byte[0];
      assertReason(node.ask("n1", NEVER, none, 50), RaftFailure.Reason.TIMEOUT);
      assertReason(node.ask("n1", 99, none, 5_000), RaftFailure.Reason.UNKNOWN_KIND);
      assertReason(node.ask("n1", ECHO, none, 0), RaftFailure.Reason.TIMEOUT);
      assertReason(node.ask("n9", ECHO, none, 5_000), RaftFailure.Reason.REFUSED);
      assertReason(node.ask("n1", ECHO, new byte[2 << 20], 5_000), RaftFailure.Reason.REFUSED);
      assertThatThrownBy(() -> node.ask("n1", BROKEN, none, 5_000).get(10, TimeUnit.SECONDS))
          .hasMessageContaining("broken for n0");
      byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
      assertThat(node.ask("n1", ECHO, hello, 5_000).get(10, TimeUnit.SECONDS)).isEqualTo(hello);
    }
  }

  @Test
  void tooManyInFlight_areRefusedAtOnce() throws Exception {
    try (RaftCluster cluster = cluster()) {
      RaftNode node = cluster.members.get(0).node;
      for (int i = 0; i < 4_000; i++) {
        CompletableFuture<byte[]> unused = node.ask("n1", NEVER, new byte[0], 3_000);
      }
      assertReason(node.ask("n1", ECHO, new byte[0], 3_000), RaftFailure.Reason.OVERLOADED);
      assertThat(node.ask("n2", ECHO, new byte[1], 3_000).get(10, TimeUnit.SECONDS)).hasSize(1);
      eventually(
          "slots come back",
          PATIENCE,
          () -> !node.ask("n1", 99, new byte[0], 1_000).isCompletedExceptionally());
    }
  }

  @Test
  void linkCutAndHealed_questionsFailAndThenSucceed() throws Exception {
    try (RaftCluster cluster = cluster()) {
      RaftNode node = cluster.members.get(0).node;
      node.ask("n1", ECHO, new byte[1], 5_000).get(10, TimeUnit.SECONDS);
      CompletableFuture<byte[]> open = node.ask("n1", NEVER, new byte[1], 20_000);
      cluster.link(cluster.members.get(0), cluster.members.get(1)).cut();
      assertReason(open, RaftFailure.Reason.UNREACHABLE);
      assertReason(node.ask("n1", ECHO, new byte[1], 5_000), RaftFailure.Reason.UNREACHABLE);
      cluster.heal();
      eventually(
          "the link is back",
          PATIENCE,
          () -> node.ask("n1", ECHO, new byte[1], 1_000).get(5, TimeUnit.SECONDS));
    }
  }

  @Test
  void strangers_areTurnedAway() throws Exception {
    try (RaftCluster cluster = cluster()) {
      RaftCluster.Member leader = cluster.awaitLeader();
      // Ratis' own client protocol would let anyone append entries.
      RaftPeer peer =
          RaftPeer.newBuilder().setId(leader.id).setAddress("127.0.0.1:" + leader.port).build();
      try (RaftClient client =
          RaftClient.newBuilder()
              .setProperties(new RaftProperties())
              .setRaftGroup(RaftGroup.valueOf(RaftGroupId.valueOf(cluster.clusterId), peer))
              .setRetryPolicy(RetryPolicies.noRetry())
              .build()) {
        assertThatThrownBy(() -> client.io().send(Message.valueOf("x")))
            .hasStackTraceContaining("UNIMPLEMENTED");
      }
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", leader.port).usePlaintext().build();
      try {
        var call = channel.newCall(PeerWire.ASK, CallOptions.DEFAULT);
        assertThatThrownBy(() -> ClientCalls.blockingServerStreamingCall(call, new byte[20]).next())
            .isInstanceOf(StatusRuntimeException.class)
            .hasMessageContaining("PERMISSION_DENIED");
      } finally {
        channel.shutdownNow();
      }
      assertThat(leader.halted).isNull();
    }
  }

  private static void assertReason(CompletableFuture<byte[]> answer, RaftFailure.Reason expected) {
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(RaftFailure.class, f -> assertThat(f.reason()).isEqualTo(expected));
  }
}
