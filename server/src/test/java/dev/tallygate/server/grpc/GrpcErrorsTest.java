package dev.tallygate.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.tallygate.raft.ProposalFailure;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GrpcErrorsTest {
  private static com.google.rpc.Status onTheWire(GrpcError error) {
    return StatusProto.fromStatusAndTrailers(error.status(), error.trailers());
  }

  @Test
  void invalid_namesFieldAndRule() throws Exception {
    GrpcError error = GrpcErrors.invalid("entitlements.units", "`0` is not in 1-1000000000000");

    assertThat(error.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(error.message()).isEqualTo("entitlements.units: `0` is not in 1-1000000000000");
    com.google.rpc.Status wire = onTheWire(error);
    assertThat(wire.getDetails(0).unpack(ErrorInfo.class).getDomain()).isEqualTo("tallygate.dev");
    assertThat(wire.getDetails(1).unpack(BadRequest.class).getFieldViolations(0).getField())
        .isEqualTo("entitlements.units");
  }

  @Test
  void overloaded_saysWhenToComeBack() throws Exception {
    GrpcError error = GrpcErrors.overloaded("limits.calls-in-flight-max", 10);

    assertThat(error.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(error.reason()).isEqualTo("OVERLOADED");
    assertThat(onTheWire(error).getDetails(1).unpack(RetryInfo.class).getRetryDelay().getNanos())
        .isPositive();
  }

  @ParameterizedTest
  @EnumSource(ProposalFailure.class)
  void proposalFailure_mayHaveHappened_exactlyWhereTheReasonSaysSo(ProposalFailure failure) {
    GrpcError error = GrpcErrors.of(failure, "n2 host:1", 100, 1_000);

    assertThat(error.reason().equals("OUTCOME_UNKNOWN")).isEqualTo(failure.maybeApplied());
    assertThat(error.code()).isNotEqualTo(Status.Code.OK);
  }

  @Test
  void notLeader_carriesTheHint() {
    GrpcError error = GrpcErrors.notLeader("n2 127.0.0.1:7520");

    assertThat(error.trailers().get(GrpcError.LEADER)).isEqualTo("n2 127.0.0.1:7520");
  }

  @Test
  void encodedByAnotherNode_staysTheSameButForTheHint() throws Exception {
    GrpcError error = GrpcErrors.full("leases");

    GrpcError decoded = GrpcError.decode(error.encode(), "n1 127.0.0.1:1");

    assertThat(decoded.toString()).isEqualTo(error.toString());
    assertThat(decoded.reason()).isEqualTo("STATE_FULL");
    assertThat(decoded.trailers().get(GrpcError.LEADER)).isEqualTo("n1 127.0.0.1:1");
  }

  @Test
  void deadline_tellsBeforeFromAfterProposing() {
    assertThat(GrpcErrors.deadline(true).reason()).isEqualTo("OUTCOME_UNKNOWN");
    assertThat(GrpcErrors.deadline(false).reason()).isEqualTo("DEADLINE");
  }
}
