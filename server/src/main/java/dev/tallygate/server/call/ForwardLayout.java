package dev.tallygate.server.call;

import dev.tallygate.server.trace.CallTrace;
import org.jspecify.annotations.Nullable;

/**
 * A call that one node passes on to another, and what comes back.
 *
 * <pre>
 * question  0  u8  version: 1, or 2 where the call is traced
 *           1  u8  number of the call
 *           2  u8  1 where an earlier attempt may have taken effect, else 0
 *           3      in version 2, the trace: CallTrace.CARRIED_BYTES
 *           .      the request, as the client encoded it
 *
 * answer    0  u8  kind
 *           1      ANSWER: the response, as the client reads it; ERROR: google.rpc.Status; else nothing
 * </pre>
 */
final class ForwardLayout {
  static final int VERSION = 0;
  static final int CALL = VERSION + 1;
  static final int MAYBE_DONE = CALL + 1;
  static final int TRACE = MAYBE_DONE + 1;
  static final int REQUEST = TRACE;
  static final int TRACED_REQUEST = TRACE + CallTrace.CARRIED_BYTES;

  static final int KIND = 0;
  static final int BODY = KIND + 1;

  static final int VERSION_NOW = 1;
  static final int VERSION_TRACED = 2;

  static final int ANSWER = 1;
  static final int ERROR = 2;

  /** The node does not lead; nothing was done there. */
  static final int MOVED = 3;

  /** The node does not lead any more; an attempt there may have taken effect. */
  static final int MOVED_MAYBE_DONE = 4;

  private ForwardLayout() {}

  static byte[] question(int call, boolean maybeDone, @Nullable CallTrace trace, byte[] request) {
    int start = trace == null ? REQUEST : TRACED_REQUEST;
    byte[] bytes = new byte[start + request.length];
    bytes[VERSION] = (byte) (trace == null ? VERSION_NOW : VERSION_TRACED);
    bytes[CALL] = (byte) call;
    bytes[MAYBE_DONE] = (byte) (maybeDone ? 1 : 0);
    if (trace != null) System.arraycopy(trace.carry(), 0, bytes, TRACE, CallTrace.CARRIED_BYTES);
    System.arraycopy(request, 0, bytes, start, request.length);
    return bytes;
  }

  /** Where the request of a question begins, or -1 where the question cannot be read. */
  static int requestOf(byte[] question) {
    if (question.length < REQUEST) return -1;
    return switch (question[VERSION]) {
      case VERSION_NOW -> REQUEST;
      case VERSION_TRACED -> question.length < TRACED_REQUEST ? -1 : TRACED_REQUEST;
      default -> -1;
    };
  }

  static byte[] answer(int kind, byte[] body) {
    byte[] bytes = new byte[BODY + body.length];
    bytes[KIND] = (byte) kind;
    System.arraycopy(body, 0, bytes, BODY, body.length);
    return bytes;
  }
}
