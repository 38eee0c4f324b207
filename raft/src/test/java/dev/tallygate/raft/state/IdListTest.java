package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class IdListTest {
  // Grows, thins out and fills again, so that chunks are made, merged and dropped.
  @Test
  void next_afterAnyChanges_walksThroughExactlyWhatIsThere() {
    for (long seed = 1; seed <= 40; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      IdList list = new IdList();
      TreeSet<Long> model = new TreeSet<>();
      for (int i = random.nextInt(2_000); i > 0; i--) {
        long id = 1 + random.nextLong(1_000_000);
        if (model.add(id)) list.load(id);
      }
      list.sort();
      long last = 1_000_000;
      for (int step = 0; step < 12; step++) {
        int adds = random.nextInt(3_000);
        for (int i = 0; i < adds; i++) {
          last += 1 + random.nextInt(5);
          list.add(last);
          model.add(last);
        }
        int removeOneIn = 1 + random.nextInt(4);
        for (long id : List.copyOf(model)) {
          if (random.nextInt(4) >= removeOneIn) continue;
          list.remove(id);
          model.remove(id);
          list.remove(id);
        }
        list.remove(last + 1);
        assertEquals(
            List.copyOf(model), ListRecount.ids(list, 1 + random.nextInt(700)), "seed " + seed);
        long after = random.nextLong(last + 2);
        long[] one = new long[1];
        Long next = model.higher(after);
        assertEquals(next == null ? 0 : 1, list.next(after, one), "seed " + seed);
        if (next != null) assertEquals(next, one[0], "seed " + seed);
      }
    }
  }

  // One in ten stays for ever. Whatever else comes and goes, a walk meets each of them once.
  @Test
  void next_whileIdsComeAndGo_meetsEachThatStaysOnce() throws Exception {
    IdList list = new IdList();
    List<Long> staying = new ArrayList<>();
    for (long id = 1; id <= 20_000; id++) {
      list.add(id);
      if (id % 10 == 0) staying.add(id);
    }
    AtomicBoolean over = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(2)) {
      List<Future<Integer>> readers = new ArrayList<>();
      for (int page : new int[] {7, 1_000})
        readers.add(
            threads.submit(
                () -> {
                  int walks = 0;
                  for (; walks == 0 || !over.get(); walks++) {
                    List<Long> seen = ListRecount.ids(list, page);
                    for (int i = 1; i < seen.size(); i++)
                      assertTrue(seen.get(i - 1) < seen.get(i), "out of order");
                    List<Long> stayed = new ArrayList<>(seen);
                    stayed.removeIf(id -> id > 20_000 || id % 10 != 0);
                    assertEquals(staying, stayed);
                  }
                  return walks;
                }));
      for (long id = 1; id <= 20_000; id++) if (id % 10 != 0) list.remove(id);
      for (long id = 20_001; id <= 400_000; id++) {
        list.add(id);
        if (id > 20_100) list.remove(id - 100);
      }
      over.set(true);
      for (Future<Integer> reader : readers) assertTrue(reader.get(30, TimeUnit.SECONDS) > 0);
    }
  }

  @Test
  void next_emptyOrNeverUsed_findsNothing() {
    IdList list = new IdList();
    assertEquals(0, list.next(0, new long[3]));
    list.sort();
    list.remove(5);
    assertEquals(0, list.next(0, new long[3]));
    list.add(5);
    list.remove(5);
    assertEquals(0, list.next(0, new long[3]));
    list.add(6);
    assertEquals(List.of(6L), ListRecount.ids(list, 3));
  }
}
