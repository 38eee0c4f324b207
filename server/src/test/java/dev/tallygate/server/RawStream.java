package dev.tallygate.server;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One gRPC call over HTTP/2 written by hand (RFC 9113, RFC 7541): a caller that sends parts of a
 * message, as no library does.
 */
final class RawStream implements Closeable {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int GOAWAY = 7;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int READ_MS = 10_000;

  private final Socket socket;
  private final DataInputStream in;

  RawStream(int port, String method) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(READ_MS);
    in = new DataInputStream(socket.getInputStream());
    write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, new byte[0]);
    frame(
        HEADERS,
        END_HEADERS,
        1,
        headers(
            ":method", "POST",
            ":scheme", "http",
            ":path", "/" + method,
            ":authority", "localhost",
            "content-type", "application/grpc",
            "te", "trailers"));
  }

  /** A message of so many bytes, of which only some follow. */
  void begin(int messageBytes, int sentBytes) throws IOException {
    frame(DATA, 0, 1, ByteBuffer.allocate(5 + sentBytes).put(1, intBytes(messageBytes)).array());
  }

  private static byte[] intBytes(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
  }

  /** Waits until the node has ended the call. */
  void awaitEnd() throws IOException {
    while (true) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      if (in.skipBytes(length) < length) throw new EOFException();
      if (type == GOAWAY) throw new IOException("the node closed the connection");
      boolean end = type == RST_STREAM || type == HEADERS && (flags & END_STREAM) != 0;
      if (stream == 1 && end) return;
    }
  }

  /** Literals that are not indexed, neither of them in Huffman's code. */
  private static byte[] headers(String... namesAndValues) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      out.write(0);
      for (String text : new String[] {namesAndValues[i], namesAndValues[i + 1]}) {
        out.write(text.length());
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
      }
    }
    return out.toByteArray();
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    write(
        ByteBuffer.allocate(9 + payload.length)
            .putInt(payload.length << 8 | type)
            .put((byte) flags)
            .putInt(stream)
            .put(payload)
            .array());
  }

  private void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
