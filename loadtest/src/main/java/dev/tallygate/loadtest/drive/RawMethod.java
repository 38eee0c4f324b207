package dev.tallygate.loadtest.drive;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;

/**
 * Makes unary methods that send bytes as they are and judge an answer's bytes without parsing it
 * into objects.
 */
final class RawMethod {
  private static final int REPLY_BYTES_MAX = 4096;

  private RawMethod() {}

  /** Judges {@code length} bytes of an answer; the array is reused for the next one. */
  @FunctionalInterface
  interface Judge {
    Reply judge(byte[] bytes, int length);
  }

  static MethodDescriptor<Payload, Reply> unary(String fullName, Judge judge) {
    return MethodDescriptor.<Payload, Reply>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(fullName)
        .setRequestMarshaller(new RequestMarshaller())
        .setResponseMarshaller(new ReplyMarshaller(judge))
        .build();
  }

  private static final class RequestMarshaller implements MethodDescriptor.Marshaller<Payload> {
    @Override
    public InputStream stream(Payload payload) {
      return payload;
    }

    @Override
    public Payload parse(InputStream stream) {
      throw new IllegalStateException("a client parses no requests");
    }
  }

  private static final class ReplyMarshaller implements MethodDescriptor.Marshaller<Reply> {
    private final byte[] scratch = new byte[REPLY_BYTES_MAX];
    private final Judge judge;

    ReplyMarshaller(Judge judge) {
      this.judge = judge;
    }

    @Override
    public InputStream stream(Reply reply) {
      throw new IllegalStateException("a client sends no replies");
    }

    @Override
    public Reply parse(InputStream stream) {
      try {
        return judge.judge(scratch, stream.readNBytes(scratch, 0, REPLY_BYTES_MAX));
      } catch (IOException e) {
        throw Status.INTERNAL
            .withDescription("unreadable answer")
            .withCause(e)
            .asRuntimeException();
      }
    }
  }
}
