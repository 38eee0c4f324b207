package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.raft.state.Bytes;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SecretHashTest {
  private static final SecretHash KNOWN = new SecretHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

  /** The first published value of SipHash-1-3 under the key 00 to 0f: of no bytes at all. */
  @Test
  void of_nothing_isThePublishedValue() {
    assertThat(KNOWN.of(new Bytes(0))).isEqualTo(0xabac0158050fc4dcL);
  }

  @Test
  void of_everyLengthAndEveryBit_countsIn() {
    Set<Long> seen = new HashSet<>();
    int made = 0;
    for (int length = 0; length < 40; length++) {
      Bytes key = Bytes.of(new byte[length]);
      seen.add(KNOWN.of(key));
      made++;
      for (int bit = 0; bit < 8 * length; bit++) {
        key.array()[bit / 8] ^= (byte) (1 << bit % 8);
        seen.add(KNOWN.of(key));
        made++;
        key.array()[bit / 8] ^= (byte) (1 << bit % 8);
      }
    }
    assertThat(seen).hasSize(made);
    assertThat(SecretHash.fresh().of(Bytes.ofUtf8("k"))).isNotEqualTo(KNOWN.of(Bytes.ofUtf8("k")));
  }
}
