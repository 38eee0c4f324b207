package dev.tallygate.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both ways into Ratis: the division itself, whose type only promises so by accident, and the
 * server.
 */
@Timeout(60)
final class RatisLogClusterTest {
  @TempDir Path dir;

  @Test
  void division_takesRequestsItself() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 1)) {
      RaftNode node = cluster.awaitLeader().node;
      assertThat(node.ratisLog(true).isDirect())
          .as("Ratis has changed: proposals now take the slower way")
          .isTrue();
      appendThrough(node.ratisLog(true));
      assertThat(cluster.members.getFirst().replica.list()).containsExactly(5L);
    }
  }

  @Test
  void server_isTheWayInWhereTheDivisionIsNot() throws Exception {
    try (RaftCluster cluster = RaftCluster.started(dir, 1)) {
      RaftNode node = cluster.awaitLeader().node;
      assertThat(node.ratisLog(false).isDirect()).isFalse();
      appendThrough(node.ratisLog(false));
      assertThat(cluster.members.getFirst().replica.list()).containsExactly(5L);
    }
  }

  private static void appendThrough(RatisLog log) throws Exception {
    CompletableFuture<Object> result = new CompletableFuture<>();
    Proposal proposal =
        new Proposal() {
          @Override
          public byte[] command() {
            return ByteBuffer.allocate(8).putLong(5).array();
          }

          @Override
          public void applied(Object value) {
            result.complete(value);
          }

          @Override
          public void failed(ProposalFailure failure) {
            result.completeExceptionally(new AssertionError(failure.name()));
          }
        };
    Batch batch = new Batch(List.of(proposal), 8, Long.MAX_VALUE);
    batch.close(new ListReplica.Writer(), log.appendableTerm());
    log.append(batch).get(10, TimeUnit.SECONDS);
    assertThat(batch.mayBeInLog()).isTrue();
    assertThat(batch.succeed(1)).isFalse();
    assertThat(result.get(1, TimeUnit.SECONDS)).isEqualTo(1L);
  }
}
