package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.Ended;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.proto.v1.Granted;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NextStepTest {
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"UNRECOGNIZED", "REFUSAL_REASON_UNSPECIFIED"})
  void refusal_ofEveryReason_saysWhatToDoNext(RefusalReason reason) {
    Refusal refusal = Refusal.newBuilder().setReason(reason).build();

    assertThat(NextStep.after(AllocateResponse.newBuilder().setRefused(refusal).build()))
        .isNotBlank()
        .doesNotContain("\n");
    assertThat(NextStep.after(RenewResponse.newBuilder().setRefused(refusal).build())).isNotBlank();
  }

  @Test
  void refusal_exhaustedForNow_saysWhen() {
    Refusal.Builder refusal =
        Refusal.newBuilder().setReason(RefusalReason.REFUSAL_REASON_EXHAUSTED);
    refusal.getRetryAfterBuilder().setSeconds(2).setNanos(1);

    assertThat(NextStep.after(AllocateResponse.newBuilder().setRefused(refusal).build()))
        .contains("in 3 s");
  }

  @Test
  void answer_asWanted_saysNothing() {
    assertThat(
            NextStep.after(
                AllocateResponse.newBuilder().setGranted(Granted.getDefaultInstance()).build()))
        .isEmpty();
    assertThat(
            NextStep.after(
                ReleaseResponse.newBuilder().setEnded(Ended.getDefaultInstance()).build()))
        .isEmpty();
    assertThat(NextStep.after(GetPoolResponse.getDefaultInstance())).isEmpty();
  }

  @Test
  void renewal_ofAnEndedLease_saysStop() {
    assertThat(
            NextStep.after(RenewResponse.newBuilder().setEnded(Ended.getDefaultInstance()).build()))
        .contains("stop using");
  }
}
