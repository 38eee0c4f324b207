package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.WireWriter;
import dev.tallygate.server.call.BatchCall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Requests of many and their answers, taken apart and put together without being read: {@code
 * AllocateBatch} and {@code KeepAlive} agree in their fields. Requests are field 1; results are
 * field 1, each with its response in field 1 or its error in field 2.
 */
final class BatchWire {
  private static final int ITEMS = 1;
  private static final int RESPONSE = 1;
  private static final int ERROR = 2;

  private BatchWire() {}

  /**
   * The requests, each as the caller encoded it.
   *
   * @param field what the caller knows them by
   */
  static List<byte[]> split(byte[] batch, String field) throws Malformed {
    List<byte[]> items = new ArrayList<>();
    RequestReader in = new RequestReader();
    in.over(batch, "request");
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      if (tag != RequestReader.tag(ITEMS, RequestReader.LENGTH)) {
        in.skip(tag);
        continue;
      }
      in.at(field);
      int length = in.message();
      if (items.size() == Limits.BATCH_ITEMS_MAX)
        throw new Malformed(
            field, "are more than " + Limits.BATCH_ITEMS_MAX + ", which is the most");
      items.add(Arrays.copyOfRange(batch, in.position() - length, in.position()));
      in.at("request");
    }
    if (items.isEmpty()) throw new Malformed(field, "is required");
    return items;
  }

  static byte[] join(List<BatchCall.End> ends) {
    Bytes out = new Bytes(128 * ends.size());
    for (BatchCall.End end : ends) {
      switch (end) {
        case BatchCall.End.Answered answered -> add(out, RESPONSE, answered.message());
        case BatchCall.End.Failed failed ->
            add(out, ERROR, CallErrors.of(failed.error()).toByteArray());
      }
    }
    return out.copy();
  }

  private static void add(Bytes out, int field, byte[] message) {
    // The tag of a field below 16 is one byte.
    int inner = 1 + WireWriter.varintSize(message.length) + message.length;
    WireWriter.enter(out, ITEMS, inner);
    WireWriter.enter(out, field, message.length);
    out.add(message, 0, message.length);
  }
}
