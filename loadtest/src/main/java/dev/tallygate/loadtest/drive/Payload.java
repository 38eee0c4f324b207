package dev.tallygate.loadtest.drive;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * One request's bytes in a buffer that its slot uses again and again. gRPC copies them while the
 * call is sent, so they may be overwritten once the call has ended. Confined to the event loop.
 */
public final class Payload extends InputStream implements KnownLength, Drainable {
  static final int BYTES_MAX = 1024;

  private final byte[] bytes = new byte[BYTES_MAX];
  private int length;
  private int position;

  /** The buffer to write the next request into, from its start. */
  public byte[] bytes() {
    return bytes;
  }

  public int length() {
    return length;
  }

  /** Says how many bytes of the buffer the request takes, and rewinds. */
  public void ready(int newLength) {
    length = newLength;
    position = 0;
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    int left = length - position;
    target.write(bytes, position, left);
    position = length;
    return left;
  }

  @Override
  public int available() {
    return length - position;
  }

  @Override
  public int read() {
    return position < length ? bytes[position++] & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int count) {
    if (position == length) return count == 0 ? 0 : -1;
    int taken = Math.min(count, length - position);
    System.arraycopy(bytes, position, target, offset, taken);
    position += taken;
    return taken;
  }
}
