package dev.tallygate.server.licensing;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.BlockLabel;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.v1.BlockLabelRequest;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.grpc.Answer;
import dev.tallygate.server.grpc.CallCounts;
import java.nio.charset.StandardCharsets;

/** BlockLabel: nothing is taken under a label until a time. */
final class BlockLabelCall extends LabelCall {
  private record Block(String tenant, BlockLabel.Builder command) implements Asked {
    @Override
    public byte[] command(int tenantNumber) {
      return Command.newBuilder()
          .setBlockLabel(command.setTenant(tenantNumber))
          .build()
          .toByteArray();
    }
  }

  private byte[] label = new byte[0];
  private long untilUs;

  BlockLabelCall(Start start, Parts parts) {
    super(start, parts);
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.BLOCK_LABEL;
  }

  @Override
  protected Asked read() throws BadCall {
    BlockLabelRequest request = parse();
    check(request.getTenant(), request.getRequestId(), request.getLabel(), request.getReason());
    if (request.getClear() && request.hasUntil())
      throw new Malformed("clear", "stands with `until`, which it removes");
    WireTime until = new WireTime();
    if (request.hasUntil()) until.set(request.getUntil());
    untilUs = request.getClear() ? 0 : until.instantUs("until");
    label = request.getLabel().getBytes(StandardCharsets.UTF_8);
    ContentHash content =
        new ContentHash()
            .start(21)
            .add(request.getTenant())
            .add(request.getLabel())
            .add(request.getReason())
            .add(untilUs);
    return new Block(
        request.getTenant(),
        BlockLabel.newBuilder()
            .setKey(
                key(
                    request.getRequestId(),
                    request.hasIssuedAt() ? request.getIssuedAt() : null,
                    content))
            .setLabel(request.getLabel())
            .setReason(request.getReason())
            .setUntilUs(untilUs));
  }

  private BlockLabelRequest parse() throws Malformed {
    try {
      return BlockLabelRequest.parseFrom(request());
    } catch (InvalidProtocolBufferException e) {
      throw new Malformed("request", "is not a BlockLabelRequest: " + e.getMessage());
    }
  }

  @Override
  protected byte[] encode(Answer answer) {
    return parts.desks().mine().writer.blocked(answer, label, untilUs);
  }
}
