package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The checksum is part of the format: these values must never change. */
final class ChecksumTest {
  private static long of(long seed, String text) {
    byte[] bytes = ("#" + text + "#").getBytes(StandardCharsets.UTF_8);
    return Checksum.of(seed, bytes, 1, bytes.length - 2);
  }

  @Test
  void checksum_goldenValues() {
    assertEquals(0x7D8118C0C902F9A4L, of(0, ""));
    assertEquals(0x52581146C64505B5L, of(5, ""));
    assertEquals(0x8843A447BBA6FF3FL, of(-1, ""));
    assertEquals(0x0A26CB6D45DC656BL, of(0, "a"));
    assertEquals(0x9440D9A11DBA162CL, of(5, "a"));
    assertEquals(0x3F8659622EA7D24AL, of(-1, "a"));
    assertEquals(0xC3BB899A9FEC7D98L, of(0, "eight888"));
    assertEquals(0x7F4E011C14606534L, of(5, "eight888"));
    assertEquals(0x7F94CF21A7CCAEC8L, of(-1, "eight888"));
    assertEquals(0x1F26A1E7FACE6329L, of(0, "nine 9999"));
    assertEquals(0x71700214019EFE13L, of(5, "nine 9999"));
    assertEquals(0xF0E3A3793FB60886L, of(-1, "nine 9999"));
    assertEquals(0x81DA96D802CA5BFCL, of(0, "a row of some thirty-one bytes.."));
    assertEquals(0x0DBAEB528F82DEA2L, of(5, "a row of some thirty-one bytes.."));
    assertEquals(0x58BD7107CB3B9ECAL, of(-1, "a row of some thirty-one bytes.."));
    assertEquals(0x0000000000800004L, Checksum.mix(1, 2));
    assertEquals(0x0123456789ABCDEFL, Checksum.mix(0, 0x0123456789ABCDEFL));
  }

  @Test
  void checksum_anyFlippedBitOrOtherLength_differs() {
    byte[] bytes = new byte[61];
    Set<Long> seen = new HashSet<>();
    seen.add(Checksum.of(1, bytes, 0, bytes.length));
    int expected = 1;
    for (int bit = 0; bit < bytes.length * 8; bit++, expected++) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      seen.add(Checksum.of(1, bytes, 0, bytes.length));
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
    for (int length = 0; length < bytes.length; length++, expected++)
      seen.add(Checksum.of(1, bytes, 0, length));
    for (int seed = 2; seed < 20; seed++, expected++)
      seen.add(Checksum.of(seed, bytes, 0, bytes.length));
    assertEquals(expected, seen.size());
  }
}
