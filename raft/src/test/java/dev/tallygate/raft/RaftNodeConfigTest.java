package dev.tallygate.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class RaftNodeConfigTest {
  private static final List<RaftNodeConfig.Peer> PEERS =
      List.of(
          new RaftNodeConfig.Peer("a", "127.0.0.1", 1), new RaftNodeConfig.Peer("b", "host", 2));

  @Test
  void defaults_areValid() {
    RaftNodeConfig config = of("a", b -> {});
    assertThat(config.electionTimeoutMinMs()).isEqualTo(1_500);
    assertThat(config.electionTimeoutMaxMs()).isEqualTo(3_000);
  }

  @Test
  void outOfRange_isRefusedByKeyAndRange() {
    refused(b -> b.electionTimeoutMaxMs = b.electionTimeoutMinMs, "raft.election-timeout-max-ms");
    refused(b -> b.batchCommandsMax = 1_025, "raft.batch-commands-max `1025` is not in 1-1024");
    refused(b -> b.batchBytesMax = 64 << 20, "raft.batch-bytes-max");
    refused(b -> b.commandBytesMax = b.batchBytesMax + 1, "raft.command-bytes-max");
    refused(b -> b.pendingCommandsMax = 0, "raft.pending-commands-max");
    refused(b -> b.fullEntriesInFlightMax = 0, "raft.full-entries-in-flight-max");
  }

  @Test
  void peers_areValidated() {
    assertThatThrownBy(() -> of("c", b -> {})).hasMessageContaining("node.id `c`");
    assertThatThrownBy(() -> new RaftNodeConfig.Peer("a b", "h", 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RaftNodeConfig.Peer("a", "h", 70_000))
        .hasMessageContaining("70000");
  }

  private static void refused(Consumer<RaftNodeConfig.Builder> change, String message) {
    assertThatThrownBy(() -> of("a", change))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static RaftNodeConfig of(String id, Consumer<RaftNodeConfig.Builder> change) {
    return RaftNodeConfig.of(id, new UUID(1, 2), PEERS, Path.of("unused"), change);
  }
}
