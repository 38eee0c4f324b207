package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.exact.Answer;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.Ended;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.Refusal;
import dev.tallygate.proto.v1.ReleaseResponse;
import dev.tallygate.proto.v1.RenewResponse;
import dev.tallygate.proto.v1.SettleResponse;

/** Wire answers in the oracle's words. */
final class Answers {
  private static final long NANOS_PER_S = 1_000_000_000;
  private static final Answer NO_OUTCOME = new Answer.Refused("(no outcome)");

  private Answers() {}

  static Answer of(AllocateResponse response) {
    return switch (response.getOutcomeCase()) {
      case GRANTED ->
          response.getGranted().getGrantsCount() == 1
              ? of(response.getGranted().getGrants(0))
              : new Answer.Refused("(" + response.getGranted().getGrantsCount() + " grants)");
      case REFUSED -> of(response.getRefused());
      case ENDED -> of(response.getEnded());
      case OUTCOME_NOT_SET -> NO_OUTCOME;
    };
  }

  static Answer of(RenewResponse response) {
    return switch (response.getOutcomeCase()) {
      case RENEWED -> of(response.getRenewed());
      case REFUSED -> of(response.getRefused());
      case ENDED -> of(response.getEnded());
      case OUTCOME_NOT_SET -> NO_OUTCOME;
    };
  }

  static Answer of(ReleaseResponse response) {
    return switch (response.getOutcomeCase()) {
      case ENDED -> of(response.getEnded());
      case REFUSED -> of(response.getRefused());
      case OUTCOME_NOT_SET -> NO_OUTCOME;
    };
  }

  static Answer of(SettleResponse response) {
    return switch (response.getOutcomeCase()) {
      case ENDED -> of(response.getEnded());
      case REFUSED -> of(response.getRefused());
      case OUTCOME_NOT_SET -> NO_OUTCOME;
    };
  }

  private static Answer of(Grant grant) {
    return new Answer.Granted(
        grant.getLeaseId(),
        grant.getToken(),
        grant.getTtl().getSeconds() * NANOS_PER_S + grant.getTtl().getNanos(),
        grant.getResumed(),
        grant.getFree());
  }

  private static Answer of(Refusal refusal) {
    return new Answer.Refused(refusal.getReason().name().replace("REFUSAL_REASON_", ""));
  }

  private static Answer of(Ended ended) {
    return new Answer.Ended(
        ended.getReason().name().replace("END_REASON_", ""),
        ended.getLeaseId(),
        ended.getCharged());
  }
}
