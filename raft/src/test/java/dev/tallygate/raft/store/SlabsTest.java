package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SlabsTest {
  @TempDir Path dir;

  private record Piece(int address, int bytes, int pattern) {}

  @Test
  void classes_everySize_holdsItAndWastesLessThanAQuarter() {
    for (int bytes = 1; bytes <= Blocks.BLOCK_BYTES; bytes++) {
      int sizeClass = Slabs.classOf(bytes);
      int given = Slabs.unitsOf(sizeClass) * Blocks.UNIT_BYTES;
      assertThat(sizeClass).isBetween(0, Slabs.CLASSES - 1);
      assertThat(given).isGreaterThanOrEqualTo(bytes);
      assertThat(given).isLessThan(bytes + Math.max(Blocks.UNIT_BYTES, bytes / 4 + 1));
    }
  }

  /** Two tables allocate and free at random: no piece ever lies in another. */
  @Test
  void allocate_randomSizes_piecesNeverOverlapAndEmptyBlocksComeBack() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    try (Blocks blocks = Blocks.open(dir.resolve("rows.map"), 0)) {
      Slabs[] tables = {new Slabs(blocks), new Slabs(blocks)};
      List<List<Piece>> live = List.of(new ArrayList<>(), new ArrayList<>());
      TreeMap<Long, Long> taken = new TreeMap<>();
      for (int step = 0; step < 60_000; step++) {
        int table = random.nextInt(2);
        List<Piece> of = live.get(table);
        boolean grows = step / 10_000 % 2 == 0;
        if (!of.isEmpty() && random.nextInt(10) < (grows ? 3 : 7)) {
          Piece piece = of.remove(random.nextInt(of.size()));
          long at = Blocks.at(piece.address);
          assertThat(blocks.getInt(at)).isEqualTo(piece.pattern);
          taken.remove(at);
          tables[table].free(piece.address);
        } else {
          int bytes =
              random.nextInt(20) == 0 ? 1 + random.nextInt(140_000) : 1 + random.nextInt(900);
          Piece piece = new Piece(tables[table].allocate(bytes), bytes, random.nextInt());
          long at = Blocks.at(piece.address);
          var below = taken.floorEntry(at);
          var above = taken.ceilingEntry(at);
          assertThat(at).isGreaterThanOrEqualTo(Blocks.BLOCK_BYTES);
          if (below != null) assertThat(below.getValue()).isLessThanOrEqualTo(at);
          if (above != null) assertThat(at + bytes).isLessThanOrEqualTo(above.getKey());
          taken.put(at, at + bytes);
          blocks.putInt(at, piece.pattern);
          of.add(piece);
        }
      }
      for (Piece piece : live.get(0)) tables[0].free(piece.address);
      tables[1].releaseAll();
      assertThat(blocks.freeCount()).isEqualTo(blocks.count() - 1);
    }
  }

  @Test
  void allocate_linkOfAFreePieceDamaged_refused() throws IOException {
    for (int bit = 0; bit < Integer.SIZE; bit++)
      try (Blocks blocks = Blocks.open(dir.resolve("rows" + bit), 0)) {
        Slabs slabs = new Slabs(blocks);
        int first = slabs.allocate(80);
        int second = slabs.allocate(80);
        int third = slabs.allocate(80);
        slabs.free(second);
        slabs.free(first);
        long at = Blocks.at(first);
        blocks.putInt(at, blocks.getInt(at) ^ 1 << bit);
        // Every bit but those that lead to another piece of this very block.
        if (bit == 0 || bit >= 14)
          assertThatThrownBy(() -> slabs.allocate(80)).isInstanceOf(TableError.class);
        assertThat(third).isNotZero();
      }
  }
}
