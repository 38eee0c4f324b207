package dev.tallygate.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FreshnessTest {
  private final ManualTime time = new ManualTime();
  private final FakeConsensus consensus = new FakeConsensus();
  private final Freshness freshness = new Freshness(consensus, time);

  @Test
  void neverAnswered_neverFresh() {
    freshness.ask();

    assertThat(freshness.stalenessMs()).isEqualTo(-1);
    assertThat(freshness.isWithin(Long.MAX_VALUE)).isFalse();
  }

  @Test
  void answered_countsFromTheSendOfTheQuestion() {
    freshness.ask();
    time.pass(300);
    consensus.readIndexes.get(0).complete(7L);

    assertThat(freshness.stalenessMs()).isEqualTo(300);
  }

  @Test
  void olderAnswerComesLast_newerOneStands() {
    freshness.ask();
    time.pass(100);
    freshness.ask();
    consensus.readIndexes.get(1).complete(8L);
    consensus.readIndexes.get(0).complete(7L);

    assertThat(freshness.stalenessMs()).isZero();
  }

  @Test
  void failed_staysAsItWas() {
    freshness.ask();
    consensus.readIndexes.get(0).complete(7L);
    time.pass(400);
    freshness.ask();
    consensus.readIndexes.get(1).completeExceptionally(new IllegalStateException());

    assertThat(freshness.stalenessMs()).isEqualTo(400);
  }

  // The process slept: what was asked before may be answered from before, too.
  @Test
  void pauseNoticed_questionsFromBeforeDoNotCount() {
    freshness.ask();
    freshness.ask();
    consensus.readIndexes.get(0).complete(7L);
    time.pass(1);
    freshness.noticePause();
    consensus.readIndexes.get(1).complete(8L);

    assertThat(freshness.stalenessMs()).isEqualTo(-1);
  }

  @Test
  void tickComesLate_pauseIsNoticed() {
    boolean[] noticed = {false};
    PauseWatch watch = new PauseWatch(time, () -> noticed[0] = true);
    time.pass(150);
    watch.look(100);
    assertThat(noticed[0]).isFalse();

    time.pass(1_500);
    watch.look(100);
    assertThat(noticed[0]).isTrue();
  }

  @Test
  void machineSlept_wallClockAloneTells() {
    boolean[] noticed = {false};
    PauseWatch watch = new PauseWatch(time, () -> noticed[0] = true);
    time.pass(100);
    time.jump(60_000);

    watch.look(100);

    assertThat(noticed[0]).isTrue();
  }
}
