package dev.tallygate.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

final class OpenOutcomeTest {
  @Test
  void whatTheServiceSaysToSendAgain_isOpen() {
    assertThat(OpenOutcome.of(Status.UNAVAILABLE)).isTrue();
    assertThat(OpenOutcome.of(Status.DEADLINE_EXCEEDED)).isTrue();
    assertThat(OpenOutcome.of(Status.CANCELLED)).isTrue();
    assertThat(OpenOutcome.of(Status.RESOURCE_EXHAUSTED)).isTrue();
  }

  @Test
  void connectionBrokenUnderTheCall_isOpen() {
    Status broken =
        Status.UNKNOWN.withDescription("channel closed").withCause(new ClosedChannelException());
    assertThat(OpenOutcome.of(broken)).isTrue();
  }

  @Test
  void answerOfAServer_isFinal() {
    assertThat(OpenOutcome.of(Status.UNKNOWN.withDescription("channel closed"))).isFalse();
    assertThat(OpenOutcome.of(Status.INTERNAL)).isFalse();
    assertThat(OpenOutcome.of(Status.INVALID_ARGUMENT)).isFalse();
    assertThat(OpenOutcome.of(Status.UNKNOWN.withCause(new IllegalStateException()))).isFalse();
  }
}
