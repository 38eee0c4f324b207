package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Span;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Points at text in a request without copying it. Valid for as long as the request's array is. */
final class Text {
  private static final byte[] NONE = new byte[0];

  byte[] array = NONE;
  int offset;
  int length;

  void set(byte[] source, int from, int count) {
    array = source;
    offset = from;
    length = count;
  }

  void clear() {
    set(NONE, 0, 0);
  }

  boolean isEmpty() {
    return length == 0;
  }

  boolean sameAs(Text other) {
    return Arrays.equals(
        array, offset, offset + length, other.array, other.offset, other.offset + other.length);
  }

  boolean contains(byte what) {
    for (int i = offset; i < offset + length; i++) if (array[i] == what) return true;
    return false;
  }

  void copyTo(Span span) {
    span.set(array, offset, length);
  }

  byte[] copy() {
    return Arrays.copyOfRange(array, offset, offset + length);
  }

  @Override
  public String toString() {
    return new String(array, offset, length, StandardCharsets.UTF_8);
  }
}
