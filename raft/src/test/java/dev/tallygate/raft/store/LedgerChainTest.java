package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.log.v1.LedgerKind;
import dev.tallygate.raft.state.LedgerLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ledger of a real core, intact and damaged, before both verifiers: ours and the script that
 * shares no code with it. They must agree on the verdict, and on how far the ledger is proven.
 */
@Timeout(120)
final class LedgerChainTest {
  private static final Path SCRIPT =
      Path.of(System.getProperty("tallygate.home", ".."), "ops", "ledger-verify.py");

  @TempDir Path dir;
  private Path ledger = Path.of("");

  @BeforeEach
  void record() throws IOException {
    StateReplica replica =
        new StateReplica(
            StoreConfig.of(dir.resolve("node"), "n1", "cluster", TableBounds.SMALL),
            Scenario::result,
            (why, cause) -> {
              throw new IllegalStateException(why, cause);
            });
    new Scenario(77).play(replica, 500);
    replica.closeCleanly();
    ledger = dir.resolve("node/ledger");
  }

  /** Runs both verifiers and returns the fault; empty where intact. */
  private static String verdict(Path of) throws IOException, InterruptedException {
    LedgerChain.Report ours = LedgerChain.verify(of);
    if (External.present("python3", "--version")) {
      Process script =
          new ProcessBuilder("python3", SCRIPT.toString(), of.toString(), "--json")
              .redirectErrorStream(true)
              .start();
      String said = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(script.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(script.exitValue()).as(said).isEqualTo(ours.intact() ? 0 : 1);
      assertThat(said)
          .as(String.valueOf(ours.fault()))
          .contains("\"records\": " + ours.records() + ",")
          .contains("\"bytes\": " + ours.bytes() + ",");
      if (ours.intact())
        for (LedgerChain.TenantReport tenant : ours.tenants())
          assertThat(said)
              .contains(
                  "\"pools\": %d, \"taken\": %d, \"head\": \"%s\""
                      .formatted(tenant.pools(), tenant.taken(), tenant.head()));
    }
    return ours.fault() == null ? "" : ours.fault();
  }

  @Test
  void verify_ledgerOfARealCore_isIntact() throws Exception {
    assertThat(verdict(ledger)).isEmpty();
    LedgerChain.Report report = LedgerChain.verify(ledger);
    assertThat(report.records()).isGreaterThan(1_000);
    assertThat(report.tenants()).extracting(LedgerChain.TenantReport::name).contains("t1", "t2");
    try (Stream<Path> files = Files.list(ledger)) {
      assertThat(files.count()).as("segments").isGreaterThan(1);
    }
  }

  /** Pools that retired with units out, and what was granted beside them. */
  @Test
  void verify_retiredPools_countAgainstTheirSuccessors() throws Exception {
    StateReplica replica =
        new StateReplica(
            StoreConfig.of(dir.resolve("changed"), "n1", "cluster", TableBounds.SMALL),
            Scenario::result,
            (why, cause) -> {
              throw new IllegalStateException(why, cause);
            });
    Scenario scenario = new Scenario(78);
    scenario.play(replica, 200);
    ByteBuffer entry = ByteBuffer.wrap(scenario.retire());
    replica.apply(1, scenario.index() - 1, entry, scenario.sink());
    scenario.play(replica, 20);
    replica.closeCleanly();
    ledger = dir.resolve("changed/ledger");
    assertThat(verdict(ledger)).isEmpty();
    Path copy =
        edited(
            records ->
                assertThat(records)
                    .as("kinds")
                    .anyMatch(
                        record ->
                            record[LedgerLayout.KIND]
                                == LedgerKind.LEDGER_KIND_POOL_RETIRED_VALUE));
    assertThat(copy).isNotEqualTo(ledger);
  }

  @Test
  void verify_flippedBits_areFound() throws Exception {
    SplittableRandom random = new SplittableRandom(5);
    Path file = first(ledger);
    for (int round = 0; round < 8; round++) {
      long at = random.nextLong(Files.size(file));
      Damage.flip(file, at, round);
      assertThat(verdict(ledger)).as("bit %d of byte %d", round, at).isNotEmpty();
      Damage.flip(file, at, round);
    }
    assertThat(verdict(ledger)).isEmpty();
  }

  @Test
  void verify_recordRemoved_isFound() throws Exception {
    for (int victim : new int[] {3, 40, 41, 42, 300}) {
      assertThat(verdict(edited(records -> records.remove(victim)))).isNotEmpty();
    }
  }

  @Test
  void verify_recordsSwapped_isFound() throws Exception {
    for (int victim : new int[] {10, 77, 200})
      assertThat(
              verdict(
                  edited(
                      records ->
                          records.set(victim, records.set(victim + 1, records.get(victim))))))
          .isNotEmpty();
  }

  @Test
  void verify_recordDoubled_isFound() throws Exception {
    assertThat(verdict(edited(records -> records.add(50, records.get(50))))).isNotEmpty();
  }

  @Test
  void verify_lastSealRemoved_isFound() throws Exception {
    assertThat(verdict(edited(List::removeLast))).contains("not sealed");
  }

  @Test
  void verify_unitsForgedWithItsChecksum_isFound() throws Exception {
    assertThat(
            verdict(
                edited(
                    records -> {
                      byte[] record = records.get(60).clone();
                      record[record.length - 1] ^= 1;
                      seal(record);
                      records.set(60, record);
                    })))
        .isNotEmpty();
  }

  @Test
  void verify_tornTail_isFound() throws Exception {
    Path copy = edited(records -> {});
    byte[] all = Files.readAllBytes(first(copy));
    for (int less = 1; less < 40; less += 6) {
      Files.write(first(copy), Arrays.copyOf(all, all.length - less));
      assertThat(verdict(copy)).contains("of a record");
    }
    Files.write(first(copy), Arrays.copyOf(all, all.length + 64));
    assertThat(verdict(copy)).as("a tail of zeros").isNotEmpty();
  }

  @Test
  void verify_firstSegmentMissing_isFound() throws Exception {
    Files.delete(first(ledger));
    assertThat(verdict(ledger)).contains("missing");
  }

  private static Path first(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.sorted().findFirst().orElseThrow();
    }
  }

  /** A copy of the ledger in one segment, with its list of records edited. */
  private Path edited(Consumer<List<byte[]>> edit) throws IOException {
    List<byte[]> records = new ArrayList<>();
    try (Stream<Path> files = Files.list(ledger)) {
      for (Path file : files.sorted().toList()) split(Files.readAllBytes(file), records);
    }
    edit.accept(records);
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    for (byte[] record : records) all.write(record);
    Path copy = Files.createTempDirectory(dir, "edited");
    Files.write(copy.resolve(LedgerSegment.name(0)), all.toByteArray());
    return copy;
  }

  private static void split(byte[] segment, List<byte[]> into) {
    ByteBuffer from = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < segment.length; ) {
      int length = LedgerLayout.BODY + from.getInt(at + LedgerLayout.BODY_LENGTH);
      into.add(Arrays.copyOfRange(segment, at, at + length));
      at += length;
    }
  }

  private static void seal(byte[] record) {
    CRC32C crc = new CRC32C();
    crc.update(record, LedgerLayout.VERSION, record.length - LedgerLayout.VERSION);
    ByteBuffer.wrap(record)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(LedgerLayout.CRC, (int) crc.getValue());
  }
}
