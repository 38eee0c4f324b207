package dev.tallygate.server.licensing;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.v1.AllocateBatchResponse;
import dev.tallygate.proto.v1.AllocateResponse;
import dev.tallygate.proto.v1.AllocateResult;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.call.BatchCall;
import dev.tallygate.server.grpc.CallCounts;
import java.util.Arrays;
import java.util.List;

/** AllocateBatch: many Allocates, each as if it had come alone. */
final class AllocateBatchCall extends BatchCall {
  AllocateBatchCall(Start start) {
    super(start);
  }

  @Override
  protected CallCounts.Call counted() {
    return CallCounts.Call.ALLOCATE_BATCH;
  }

  @Override
  protected int partNumber() {
    return Method.ALLOCATE.number();
  }

  @Override
  protected List<byte[]> parts() throws BadCall {
    return split(request());
  }

  /** The requests of a batch, each as the caller encoded it. */
  static List<byte[]> split(byte[] batch) throws Malformed {
    List<byte[]> items = new java.util.ArrayList<>();
    RequestReader in = new RequestReader();
    in.over(batch, "request");
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      if (tag != RequestReader.tag(1, RequestReader.LENGTH)) {
        in.skip(tag);
        continue;
      }
      in.at("requests");
      int outer = in.enter();
      int start = in.position();
      int end = in.end();
      if (items.size() == Limits.BATCH_ITEMS_MAX)
        throw new Malformed(
            "requests", "are more than " + Limits.BATCH_ITEMS_MAX + ", which is the most");
      items.add(Arrays.copyOfRange(batch, start, end));
      in.jump(end);
      in.leave(outer);
      in.at("request");
    }
    if (items.isEmpty()) throw new Malformed("requests", "is required");
    return items;
  }

  @Override
  protected byte[] encode(List<End> ends) {
    AllocateBatchResponse.Builder response = AllocateBatchResponse.newBuilder();
    for (End end : ends) response.addResults(result(end));
    return response.build().toByteArray();
  }

  private static AllocateResult result(End end) {
    return switch (end) {
      case End.Failed failed ->
          AllocateResult.newBuilder().setError(CallErrors.of(failed.error())).build();
      case End.Answered answered -> {
        try {
          yield AllocateResult.newBuilder()
              .setResponse(AllocateResponse.parseFrom(ByteString.copyFrom(answered.message())))
              .build();
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalStateException("an answer of our own cannot be read", e);
        }
      }
    };
  }
}
