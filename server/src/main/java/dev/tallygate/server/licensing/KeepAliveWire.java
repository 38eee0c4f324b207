package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.WireWriter;

/** The number by which an answer on a stream names its message. */
final class KeepAliveWire {
  private static final int NUMBER = 2;

  private KeepAliveWire() {}

  /** The answer with the number of the message. Fields may stand in any order. */
  static byte[] numbered(byte[] message, byte[] answer) {
    long number = number(message);
    if (number == 0) return answer;
    Bytes out = new Bytes(answer.length + 12);
    out.add(answer, 0, answer.length);
    WireWriter.int64(out, NUMBER, number);
    return out.copy();
  }

  private static long number(byte[] message) {
    RequestReader in = new RequestReader();
    in.over(message, "request");
    long number = 0;
    try {
      for (int tag = in.tag(); tag != 0; tag = in.tag()) {
        if (tag == RequestReader.tag(NUMBER, RequestReader.VARINT)) number = in.varint();
        else in.skip(tag);
      }
    } catch (Malformed e) {
      // The answer says so, and the stream ends with it.
      return 0;
    }
    return number;
  }
}
