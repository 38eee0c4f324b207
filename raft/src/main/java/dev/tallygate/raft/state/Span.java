package dev.tallygate.raft.state;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Points at some bytes of an entry without copying them. Valid for as long as the entry is being
 * applied.
 */
public final class Span {
  private static final byte[] NONE = new byte[0];

  private byte[] array = NONE;
  private int offset;
  private int length;

  @SuppressWarnings("ReferenceEquality") // The very same array, not an equal one.
  public void set(byte[] source, int from, int count) {
    // Storing a reference costs the collector a mark, and most spans of an entry share one array.
    if (array != source) array = source;
    offset = from;
    length = count;
  }

  public void set(Span other) {
    set(other.array, other.offset, other.length);
  }

  public void set(byte[] source) {
    set(source, 0, source.length);
  }

  public void set(String text) {
    set(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Keeps hold of the array that it pointed into, which the next {@code set} mostly names again.
   */
  public Span clear() {
    offset = 0;
    length = 0;
    return this;
  }

  public int length() {
    return length;
  }

  public boolean isEmpty() {
    return length == 0;
  }

  public void addTo(Bytes out) {
    out.add(array, offset, length);
  }

  public byte[] copy() {
    return Arrays.copyOfRange(array, offset, offset + length);
  }

  @Override
  public String toString() {
    return new String(array, offset, length, StandardCharsets.UTF_8);
  }
}
