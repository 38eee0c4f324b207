package dev.tallygate.raft;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;

/**
 * What nodes say to each other beside Raft, on Raft's own port: one bidirectional stream from each
 * node to each other, of questions one way and answers, in any order, the other.
 *
 * <pre>
 *  question   0      1      9                  13
 *             | kind | id   | time left, us    | bytes...
 *  answer     0        1      9
 *             | status | id   | bytes, or a message where status is not OK
 * </pre>
 */
final class PeerWire {
  /*
   * Not a unary call for each question: forwarded writes come by the thousand, and a message on an open stream costs a
   * fifth of a call. The price is that ids, deadlines and bounds are ours to keep (PeerLink, PeerService).
   */

  /** Questions of this kind and above carry what callers sent; those below are the node's own. */
  static final int CALLERS_KIND_MIN = 32;

  static final int QUESTION_HEADER_BYTES = 1 + Long.BYTES + Integer.BYTES;
  static final int ANSWER_HEADER_BYTES = 1 + Long.BYTES;

  static final String SERVICE = "tallygate.peer.Peer";
  static final Metadata.Key<String> FROM =
      Metadata.Key.of("tallygate-from", Metadata.ASCII_STRING_MARSHALLER);
  static final Metadata.Key<String> CLUSTER =
      Metadata.Key.of("tallygate-cluster", Metadata.ASCII_STRING_MARSHALLER);

  static final MethodDescriptor<byte[], byte[]> ASK =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Ask"))
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  /** How an answer begins. */
  enum Status {
    OK,
    UNKNOWN_KIND,
    OVERLOADED,
    FAILED;

    private static final Status[] ALL = values();
  }

  private PeerWire() {}

  static byte[] question(int kind, long id, int leftUs, byte[] bytes) {
    return ByteBuffer.allocate(QUESTION_HEADER_BYTES + bytes.length)
        .put((byte) kind)
        .putLong(id)
        .putInt(leftUs)
        .put(bytes)
        .array();
  }

  static byte[] answer(Status status, long id, byte[] bytes) {
    return ByteBuffer.allocate(ANSWER_HEADER_BYTES + bytes.length)
        .put((byte) status.ordinal())
        .putLong(id)
        .put(bytes)
        .array();
  }

  static int kindOf(byte[] question) {
    return question[0] & 0xff;
  }

  /** The status of an answer; FAILED where a later version says what this one does not know. */
  static Status statusOf(byte[] answer) {
    int status = answer[0] & 0xff;
    return status < Status.ALL.length ? Status.ALL[status] : Status.FAILED;
  }

  static long idOf(byte[] frame) {
    return ByteBuffer.wrap(frame).getLong(1);
  }

  static int leftUsOf(byte[] question) {
    return ByteBuffer.wrap(question).getInt(1 + Long.BYTES);
  }

  static byte[] bytesOf(byte[] frame, int headerBytes) {
    return Arrays.copyOfRange(frame, headerBytes, frame.length);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
