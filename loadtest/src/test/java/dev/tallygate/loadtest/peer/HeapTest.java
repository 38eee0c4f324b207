package dev.tallygate.loadtest.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HeapTest {
  @Test
  void jstat_partsSummed_absentPartsAreDashes() {
    Heap heap =
        Heap.parse(
            List.of(
                "    S0C         S1C         S0U         S1U          EC           EU           OC           OU          MC",
                "       -      1024.0           -       512.5      2048.0        100.0       4096.0        300.0      9999.0"));

    assertThat(heap).isEqualTo(new Heap(912, 7_168));
  }

  @Test
  void ownProcess_usedWithinCommitted() throws Exception {
    Heap heap = Heap.afterCollection(ProcessHandle.current().pid());

    assertThat(heap.usedKb()).isPositive().isLessThanOrEqualTo(heap.committedKb());
  }
}
