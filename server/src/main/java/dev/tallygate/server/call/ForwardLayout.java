package dev.tallygate.server.call;

/**
 * A call that one node passes on to another, and what comes back.
 *
 * <pre>
 * question  0  u8  version, 1
 *           1  u8  number of the call
 *           2  u8  1 where an earlier attempt may have taken effect, else 0
 *           3      the request, as the client encoded it
 *
 * answer    0  u8  kind
 *           1      ANSWER: the response, as the client reads it; ERROR: google.rpc.Status; else nothing
 * </pre>
 */
final class ForwardLayout {
  static final int VERSION = 0;
  static final int CALL = VERSION + 1;
  static final int MAYBE_DONE = CALL + 1;
  static final int REQUEST = MAYBE_DONE + 1;

  static final int KIND = 0;
  static final int BODY = KIND + 1;

  static final int VERSION_NOW = 1;

  static final int ANSWER = 1;
  static final int ERROR = 2;

  /** The node does not lead; nothing was done there. */
  static final int MOVED = 3;

  /** The node does not lead any more; an attempt there may have taken effect. */
  static final int MOVED_MAYBE_DONE = 4;

  private ForwardLayout() {}

  static byte[] question(int call, boolean maybeDone, byte[] request) {
    byte[] bytes = new byte[REQUEST + request.length];
    bytes[VERSION] = VERSION_NOW;
    bytes[CALL] = (byte) call;
    bytes[MAYBE_DONE] = (byte) (maybeDone ? 1 : 0);
    System.arraycopy(request, 0, bytes, REQUEST, request.length);
    return bytes;
  }

  static byte[] answer(int kind, byte[] body) {
    byte[] bytes = new byte[BODY + body.length];
    bytes[KIND] = (byte) kind;
    System.arraycopy(body, 0, bytes, BODY, body.length);
    return bytes;
  }
}
