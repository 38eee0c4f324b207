package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static dev.tallygate.server.cli.ThreeProcesses.WAIT_MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.client.Allocation;
import dev.tallygate.client.Ask;
import dev.tallygate.client.Lease;
import dev.tallygate.client.LeaseListener;
import dev.tallygate.client.Refusal;
import dev.tallygate.client.Tallygate;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client library while the leader of three real processes is killed. */
class ClientFailoverIT {
  private static final int SEATS = 20;
  private static final long TTL_MS = 6_000;

  @TempDir Path dir;

  @Test
  void leaderKilled_noLeaseIsLost_noSeatIsTakenTwice_andCallsGoOn() throws Exception {
    List<String> lost = new CopyOnWriteArrayList<>();
    LeaseListener listener =
        new LeaseListener() {
          @Override
          public void lost(Lease lease, Allocation.NotHeld why) {
            lost.add(lease + " " + why);
          }
        };
    try (ThreeProcesses cluster = new ThreeProcesses(dir, Map.of())) {
      apply(cluster.leader());
      Member killed = cluster.leader();
      String[] targets = cluster.members().stream().map(Member::data).toArray(String[]::new);
      try (Tallygate tallygate =
          Tallygate.builder(targets).deadline(Duration.ofMinutes(1)).connect()) {
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < SEATS; i++) {
          leases.add((Lease) tallygate.allocate(seat("user-" + i), listener));
        }
        long killedNs = System.nanoTime();
        cluster.kill(killed);

        // One call goes through the failover, with its retries.
        Refusal refusal = (Refusal) tallygate.allocate(seat("one-too-many"));
        assertThat(refusal.why()).isEqualTo("EXHAUSTED");
        assertThat(refusal.taken()).isEqualTo(SEATS);

        eventually(
            "every lease was renewed by another leader",
            WAIT_MS,
            () ->
                System.nanoTime() - killedNs > 2 * TTL_MS * 1_000_000
                    && leases.stream().allMatch(Lease::isLive));
        assertThat(lost).isEmpty();
        assertThat(((Refusal) tallygate.allocate(seat("one-too-many"))).taken()).isEqualTo(SEATS);

        leases.get(0).close();
        try (Allocation next = tallygate.allocate(seat("next"))) {
          assertThat(next.isLive()).isTrue();
        }
      }
    }
  }

  private static Ask seat(String user) {
    return Ask.of("editor").subject("user", user).session("laptop");
  }

  private static void apply(Member leader) {
    ManagedChannel channel = Channels.open(leader.admin());
    try {
      var unused =
          Calls.within(CatalogServiceGrpc.newBlockingStub(channel), WAIT_MS)
              .apply(
                  ApplyCatalogRequest.newBuilder()
                      .setYaml(
                          """
                          apiVersion: tallygate.dev/v1
                          kind: Entitlement
                          metadata: {name: editor}
                          spec: {model: concurrent-session, limit: 20, lease: {ttl: 6s, grace: 1s}}
                          """)
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }
}
