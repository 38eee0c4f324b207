package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.tallygate.proto.v1.EndReason;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.store.MappedTables;
import dev.tallygate.raft.store.TableBounds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lives of the core, each drawn from a seed, against {@link NaiveModel}. A failure prints its seed
 * and the command that replays it; {@code -Dsim.steps=K} cuts the end off and {@code
 * -Dsim.skip=3,7} leaves steps out, until what is left shows why.
 *
 * <p>A million seeds, on all processors:
 *
 * <pre>
 * mvn -pl raft -am test -Dtest=CoreSimTest -Dsurefire.failIfNoSpecifiedTests=false -Dsim.first=1000000 -Dsim.seeds=1000000
 * </pre>
 */
final class CoreSimTest {
  private static final long FIRST = Long.getLong("sim.first", 1);
  private static final int SEEDS = Integer.getInteger("sim.seeds", 10_000);
  private static final int STEPS = Integer.getInteger("sim.steps", 40);
  private static final int MAPPED_SEEDS = Integer.getInteger("sim.mapped-seeds", 10);
  private static final int COVERING_SEEDS = 5_000;

  private static Set<Integer> skipped() {
    Set<Integer> steps = new HashSet<>();
    for (String step : System.getProperty("sim.skip", "").split(",", -1))
      if (!step.isBlank()) steps.add(Integer.parseInt(step.strip()));
    return steps;
  }

  private static String replay(long seed) {
    return "replay: mvn -pl raft -am test -Dtest=CoreSimTest -Dsurefire.failIfNoSpecifiedTests=false"
        + " -Dsim.seeds=1 -Dsim.mapped-seeds=0 -Dsim.steps="
        + STEPS
        + " -Dsim.first="
        + seed;
  }

  @Test
  void core_randomLives_answersAsTheNaiveModel() throws InterruptedException {
    System.out.println(
        "core simulation: seeds " + FIRST + ".." + (FIRST + SEEDS - 1) + ", steps " + STEPS);
    AtomicLong next = new AtomicLong(FIRST);
    AtomicReference<@Nullable String> failure = new AtomicReference<>();
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Set<Integer> skip = skipped();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < Math.min(SEEDS, Runtime.getRuntime().availableProcessors()); i++) {
      threads.add(
          Thread.ofPlatform()
              .name("simulation-" + i)
              .start(
                  () -> {
                    for (long seed;
                        failure.get() == null
                            && (seed = next.getAndIncrement()) < FIRST + SEEDS; ) {
                      String found = Simulation.run(seed, STEPS, skip, HeapTables::new, seen::add);
                      if (found != null) failure.compareAndSet(null, found + "\n" + replay(seed));
                    }
                  }));
    }
    for (Thread thread : threads) thread.join();
    assertNull(failure.get());
    // Fewer seeds need not come across everything.
    if (SEEDS >= COVERING_SEEDS) assertEquals(new TreeSet<>(), missing(seen));
  }

  /** Answers that no life came across: a simulation that never sees a refusal does not test it. */
  private static TreeSet<String> missing(Set<String> seen) {
    TreeSet<String> missing = new TreeSet<>();
    for (Outcome.Status status : Outcome.Status.values()) missing.add(status.name());
    for (RefusalReason reason : RefusalReason.values()) missing.add(reason.name());
    for (EndReason reason : EndReason.values()) missing.add(reason.name());
    for (TableId bound :
        List.of(
            TableId.POOLS,
            TableId.LEASES,
            TableId.REQUESTS,
            TableId.SUBJECTS,
            TableId.LABELS,
            TableId.ENTITIES,
            TableId.ENTITLEMENTS)) missing.add("FULL " + bound);
    missing.removeAll(seen);
    missing.removeAll(
        List.of("REFUSAL_REASON_UNSPECIFIED", "END_REASON_UNSPECIFIED", "UNRECOGNIZED"));
    return missing;
  }

  @Test
  void core_randomLivesOnMappedTables_answersAsTheNaiveModel(@TempDir Path dir) throws IOException {
    System.out.println(
        "core simulation on mapped tables: seeds " + FIRST + ".." + (FIRST + MAPPED_SEEDS - 1));
    for (long seed = FIRST; seed < FIRST + MAPPED_SEEDS; seed++) {
      List<MappedTables> opened = new ArrayList<>();
      Path of = dir.resolve("seed-" + seed);
      try {
        assertNull(Simulation.run(seed, STEPS, skipped(), () -> open(of, opened), answer -> {}));
      } finally {
        for (int i = 0; i < opened.size(); i++) {
          opened.get(i).close();
          MappedTables.delete(of.resolve(String.valueOf(i)));
        }
      }
    }
  }

  private static Tables open(Path dir, List<MappedTables> opened) {
    try {
      opened.add(
          MappedTables.open(
              dir.resolve(String.valueOf(opened.size())),
              new TableBounds(200, 200, 1000, 200, 10, 100)));
      return opened.getLast();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
