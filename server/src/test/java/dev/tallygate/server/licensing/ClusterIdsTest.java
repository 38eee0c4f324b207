package dev.tallygate.server.licensing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ClusterIdsTest {
  private final ClusterIds ids =
      new ClusterIds(UUID.fromString("0b7a4b0e-6d0c-4a52-9d1e-1f2e3d4c5b6a"));

  // Golden: ids outlive a release in the hands of callers.
  @Test
  void format_knownCluster_staysAsItIs() {
    assertThat(ids.format(0)).hasSize(21).endsWith("-0000000000000");
    assertThat(ids.format(1_368)).endsWith("-00000000001ar");
    assertThat(ids.format(-1)).endsWith("-fzzzzzzzzzzzz");
    assertThat(ids.format(5)).startsWith(ids.format(6).substring(0, 8));
  }

  @Test
  void parse_whatWasFormatted_isTheNumber() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 1_000; i++) {
      long number = random.nextLong() >>> random.nextInt(64);
      assertThat(ids.read("token", ids.format(number))).isEqualTo(number);
    }
  }

  @Test
  void format_greaterNumber_sortsBehind() {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 1_000; i++) {
      long one = random.nextLong() >>> 1;
      long two = random.nextLong() >>> 1;
      assertThat(Integer.signum(ids.format(one).compareTo(ids.format(two))))
          .isEqualTo(Long.compare(one, two));
    }
  }

  @Test
  void parse_anythingElse_isMalformed() {
    String good = ids.format(7);
    for (String bad :
        new String[] {
          good + "0",
          good.substring(1),
          good.replace('-', '_'),
          good.substring(0, 20) + "u",
          good.substring(0, 20) + "A",
          good.substring(0, 20) + "é",
          good.substring(0, 8) + "g" + good.substring(9),
          "-".repeat(21)
        })
      assertThatThrownBy(() -> ids.read("token", bad))
          .as(bad)
          .isInstanceOf(Malformed.class)
          .hasMessage("token: is not an id that a cluster gave out");
  }

  @Test
  void parse_anotherClustersId_isForeign() {
    String other = new ClusterIds(new UUID(0, 0)).format(7);
    assertThatThrownBy(() -> ids.read("token", other)).isInstanceOf(ForeignId.class);
  }
}
