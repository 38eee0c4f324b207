package dev.tallygate.loadtest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.loadtest.exact.Fault;
import dev.tallygate.proto.v1.StatusResponse;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplicaCheckTest {
  private final Map<String, Long> index = new HashMap<>(Map.of("n1", 10L, "n2", 7L, "n3", 9L));

  // Each node is one entry further whenever it is asked, until all stand at 12.
  @Test
  void nodesMeet_equalDigests_noFault() throws Exception {
    assertThat(check(node -> "digest-" + index.get(node))).isEmpty();
  }

  @Test
  void oneNodeDiffers_fault() throws Exception {
    List<Fault> faults = check(node -> node.equals("n2") ? "other" : "digest-" + index.get(node));

    assertThat(faults).extracting(Fault::kind).containsExactly(Fault.Kind.REPLICAS_DIFFER);
  }

  @Test
  void dayEndsSoon_zoneWhereItDoesNot() {
    assertThat(KillPools.timeZone(Instant.parse("2026-01-01T12:00:00Z"))).isEqualTo("UTC");
    assertThat(KillPools.timeZone(Instant.parse("2026-01-01T23:59:59Z"))).isEqualTo("Etc/GMT+12");
    assertThat(KillPools.catalog(Instant.parse("2026-01-01T23:00:00Z")))
        .contains("time-zone: Etc/GMT+12");
  }

  private List<Fault> check(java.util.function.Function<String, String> digest) throws Exception {
    return new ReplicaCheck(
            List.of("n1", "n2", "n3"),
            node -> {
              index.computeIfPresent(node, (name, at) -> Math.min(12, at + 1));
              return Optional.of(
                  StatusResponse.newBuilder()
                      .setAppliedIndex(index.getOrDefault(node, 0L))
                      .setDigest(digest.apply(node))
                      .build());
            })
        .run();
  }
}
