package dev.tallygate.server.licensing;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.ReleaseByLabel;
import dev.tallygate.proto.v1.ReleaseByLabelRequest;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;

/** ReleaseByLabel: ends what stands under a label. */
final class ReleaseByLabelCall extends LabelCall {
  private record Release(String tenant, ReleaseByLabel.Builder command) implements Asked {
    @Override
    public byte[] command(int tenantNumber) {
      return Command.newBuilder()
          .setReleaseByLabel(command.setTenant(tenantNumber))
          .build()
          .toByteArray();
    }
  }

  ReleaseByLabelCall(Start start, Parts parts) {
    super(start, parts);
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.RELEASE_BY_LABEL;
  }

  @Override
  protected Asked read() throws BadCall {
    ReleaseByLabelRequest request = parse();
    check(request.getTenant(), request.getRequestId(), request.getLabel(), request.getReason());
    String token = request.getContinueToken();
    long upTo = token.isEmpty() ? 0 : parts.ids().read("continue_token", token);
    ContentHash content =
        new ContentHash()
            .start(20)
            .add(request.getTenant())
            .add(request.getLabel())
            .add(request.getReason())
            .add(upTo);
    return new Release(
        request.getTenant(),
        ReleaseByLabel.newBuilder()
            .setKey(
                key(
                    request.getRequestId(),
                    request.hasIssuedAt() ? request.getIssuedAt() : null,
                    content))
            .setLabel(request.getLabel())
            .setReason(request.getReason())
            .setUpTo(upTo));
  }

  private ReleaseByLabelRequest parse() throws Malformed {
    try {
      return ReleaseByLabelRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new Malformed("request", "is not a ReleaseByLabelRequest: " + e.getMessage());
    }
  }

  @Override
  protected byte[] encode(Answer answer) {
    return parts.desks().mine().writer.released(answer);
  }
}
