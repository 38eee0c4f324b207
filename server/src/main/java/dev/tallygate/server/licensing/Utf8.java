package dev.tallygate.server.licensing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Says whether bytes are UTF-8 as protobuf means it: RFC 3629, no surrogates, shortest form. */
final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

  private Utf8() {}

  static boolean valid(byte[] bytes, int offset, int length) {
    int at = offset;
    int end = offset + length;
    while (end - at >= Long.BYTES && ((long) LONGS.get(bytes, at) & NOT_ASCII) == 0)
      at += Long.BYTES;
    while (at < end) {
      if (bytes[at] >= 0) {
        at++;
        continue;
      }
      int size = sizeOfRune(bytes, at, end);
      if (size == 0) return false;
      at += size;
    }
    return true;
  }

  /** Bytes of the rune whose first byte is not ASCII; 0 where it is none. RFC 3629 §4. */
  private static int sizeOfRune(byte[] bytes, int at, int end) {
    int first = bytes[at] & 0xFF;
    if (first < 0xC2 || first > 0xF4) return 0;
    int size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (end - at < size) return 0;
    int second = bytes[at + 1] & 0xFF;
    int low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return 0;
    for (int i = 2; i < size; i++) if ((bytes[at + i] & 0xC0) != 0x80) return 0;
    return size;
  }
}
