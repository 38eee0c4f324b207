package dev.tallygate.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.server.config.ClockConfig;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ClusterClockTest {
  private final ManualTime time = new ManualTime();
  private final FakeConsensus consensus = new FakeConsensus();
  private final ClusterClock clock =
      new ClusterClock(consensus, time, new ClockConfig(1_000, 500, 1_000), List.of("b", "c"));

  private void answer(String peer, long offsetMs) {
    Objects.requireNonNull(consensus.asked.get(peer))
        .complete(
            ByteBuffer.allocate(Long.BYTES).putLong(time.wallUs() + offsetMs * 1_000).array());
  }

  private long offsetMs() {
    return clock.offsetUs() / 1_000;
  }

  @Test
  void nobodyAnswers_nothingConfirmed() {
    clock.ask();

    assertThat(clock.confirmed()).isFalse();
    assertThat(clock.median(1)).isNull();
    assertThat(clock.civilUs()).isEqualTo(time.wallUs());
  }

  @Test
  void oneVoter_isItsOwnMajority() {
    ClusterClock alone =
        new ClusterClock(consensus, time, new ClockConfig(1_000, 500, 1_000), List.of());

    alone.ask();

    assertThat(alone.confirmed()).isTrue();
    assertThat(alone.civilUs()).isEqualTo(time.wallUs());
  }

  // A leader whose neighbour is down must not wait for it: the cluster's clock would stand.
  @Test
  void oneOfTwoAnswers_confirmedByTheLowerOfBoth() {
    clock.ask();
    answer("b", 80);

    assertThat(clock.confirmed()).isTrue();
    assertThat(offsetMs()).isZero();
  }

  @Test
  void oneOfTwoAnswersFromBehind_confirmedByTheLowerOfBoth() {
    clock.ask();
    answer("b", -80);

    assertThat(offsetMs()).isEqualTo(-80);
  }

  @Test
  void bothAnswer_medianIsTheMiddleOne() {
    clock.ask();
    answer("b", 5_000);
    answer("c", 90);

    assertThat(offsetMs()).isEqualTo(90);
  }

  @Test
  void oneClockIsFarOff_medianIsUnmoved() {
    clock.ask();
    answer("b", 3_600_000);
    answer("c", -2);

    assertThat(offsetMs()).isZero();
  }

  @Test
  void answerTakesTime_correctedByHalfTheRoundTrip() {
    clock.ask();
    time.pass(200);
    answer("b", -100);
    answer("c", -100);

    assertThat(offsetMs()).isZero();
  }

  @Test
  void answerTakesTooLong_notUsed() {
    clock.ask();
    time.pass(501);
    answer("b", 0);

    assertThat(clock.confirmed()).isFalse();
  }

  @Test
  void answerIsMalformed_notUsed() {
    clock.ask();
    Objects.requireNonNull(consensus.asked.get("b")).complete(new byte[3]);

    assertThat(clock.confirmed()).isFalse();
  }

  @Test
  void newTerm_medianOfTheOldOneDoesNotCount() {
    clock.ask();
    answer("b", 0);
    assertThat(clock.median(1)).isNotNull();

    assertThat(clock.median(2)).isNull();
  }

  @Test
  void ownClockJumps_civilGoesOnByTheMonotonicClock() {
    clock.ask();
    answer("b", 0);
    answer("c", 0);
    long before = clock.civilUs();

    time.pass(1_000);
    time.jump(86_400_000);

    assertThat(clock.civilUs() - before).isEqualTo(1_000_000);
  }
}
