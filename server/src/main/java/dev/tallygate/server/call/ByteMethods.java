package dev.tallygate.server.call;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Methods whose messages stay bytes: gRPC frames them and does not look inside. */
public final class ByteMethods {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES = new BytesMarshaller();

  private ByteMethods() {}

  /** The same method as the generated one, for callers it is no different. */
  public static MethodDescriptor<byte[], byte[]> of(MethodDescriptor<?, ?> generated) {
    return generated.toBuilder(BYTES, BYTES).build();
  }

  private static final class BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] message) {
      return new MessageStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        if (!(stream instanceof KnownLength)) return stream.readAllBytes();
        byte[] message = new byte[stream.available()];
        int read = stream.readNBytes(message, 0, message.length);
        if (read != message.length) throw new IOException("a message is shorter than its length");
        return message;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class MessageStream extends ByteArrayInputStream
      implements KnownLength, Drainable {
    MessageStream(byte[] message) {
      super(message);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int left = count - pos;
      target.write(buf, pos, left);
      pos = count;
      return left;
    }
  }
}
