package dev.tallygate.raft.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tallygate.raft.Replica;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class StateReplicaTest {
  private static final String CLUSTER = "8d2c3f8e-6a58-4c1a-9d5e-3f6f3c6c1a01";

  @TempDir Path dir;
  private final AtomicReference<@Nullable String> halted = new AtomicReference<>();

  private StateReplica open(String name) throws IOException {
    return new StateReplica(
        StoreConfig.of(dir.resolve(name), "n1", CLUSTER, TableBounds.SMALL),
        Scenario::result,
        (why, cause) -> halted.compareAndSet(null, why));
  }

  private static List<byte[]> record(Scenario scenario, StateReplica replica, int entries) {
    List<byte[]> log = new ArrayList<>();
    for (int i = 0; i < entries; i++) {
      byte[] entry = scenario.next();
      log.add(entry);
      replica.apply(1, scenario.index() - 1, ByteBuffer.wrap(entry), scenario.sink());
    }
    return log;
  }

  static void replay(Replica replica, List<byte[]> log, long from) {
    for (long index = from; index < log.size(); index++)
      replica.apply(1, index, ByteBuffer.wrap(log.get((int) index)), null);
  }

  private byte[] ledger(String name) throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve(name).resolve("ledger"))) {
      java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
      for (Path file : files.filter(f -> f.toString().endsWith(".ledger")).sorted().toList())
        all.write(Files.readAllBytes(file));
      return all.toByteArray();
    }
  }

  @Test
  void closeCleanly_openedAgain_goesOnWhereItStopped() throws IOException {
    Scenario scenario = new Scenario(1);
    StateReplica replica = open("a");
    List<byte[]> log = record(scenario, replica, 300);
    long digest = replica.core().digest();
    replica.closeCleanly();
    replica = open("a");
    assertThat(replica.appliedIndex()).isEqualTo(299);
    assertThat(replica.appliedTerm()).isEqualTo(1);
    assertThat(replica.core().digest()).isEqualTo(digest);
    log.addAll(record(scenario, replica, 300));
    StateReplica other = open("b");
    replay(other, log, 0);
    assertThat(replica.core().digest()).isEqualTo(other.core().digest());
    replica.closeCleanly();
    other.closeCleanly();
    assertThat(ledger("a")).isEqualTo(ledger("b"));
    assertThat(LedgerChain.verify(dir.resolve("a/ledger")).fault()).isNull();
    assertThat(halted.get()).isNull();
  }

  @Test
  void open_secondTime_refused() throws IOException {
    StateReplica replica = open("a");
    assertThatThrownBy(() -> open("a")).hasMessageContaining("in use");
    replica.closeCleanly();
  }

  @Test
  void open_afterCleanStopThatDoesNotMatch_startsEmpty() throws IOException {
    StateReplica replica = open("a");
    record(new Scenario(2), replica, 50);
    replica.closeCleanly();
    Path marker = dir.resolve("a/clean-stop");
    String text = Files.readString(marker);
    // A marker that was changed, by a hand or by the disk.
    Files.writeString(marker, text.replace("index=49", "index=48"));
    replica = open("a");
    assertThat(replica.appliedIndex()).isEqualTo(Replica.NOTHING_APPLIED);
    assertThat(Files.exists(marker)).isFalse();
    replica.closeCleanly();
  }

  @Test
  void open_tablesFolderExchangedAfterCleanStop_startsEmpty() throws IOException {
    StateReplica replica = open("a");
    List<byte[]> log = record(new Scenario(3), replica, 50);
    long digest = replica.core().digest();
    replica.closeCleanly();
    Files.delete(dir.resolve("a/tables/id"));
    replica = open("a");
    assertThat(replica.appliedIndex()).isEqualTo(Replica.NOTHING_APPLIED);
    replay(replica, log, 0);
    assertThat(replica.core().digest()).isEqualTo(digest);
    replica.closeCleanly();
  }

  /** One flipped bit in any row, found by looking for the row's own bytes in the file. */
  @Test
  void open_bitFlippedInTableAfterCleanStop_tablesAreNotUsed() throws IOException {
    StateReplica replica = open("a");
    List<byte[]> log = record(new Scenario(4), replica, 200);
    long digest = replica.core().digest();
    replica.closeCleanly();
    Damage.flipNear(rows(), "account-3");
    replica = open("a");
    assertThat(replica.appliedIndex()).isEqualTo(Replica.NOTHING_APPLIED);
    replay(replica, log, 0);
    assertThat(replica.core().digest()).isEqualTo(digest);
    replica.closeCleanly();
  }

  private Path rows() {
    return dir.resolve("a/tables/rows.map");
  }

  @Test
  void scrub_bitFlippedInRunningTable_nodeIsHalted() throws Exception {
    StateReplica replica = open("a");
    record(new Scenario(5), replica, 200);
    Damage.flipNear(rows(), "user:h7");
    Eventually.eventually(() -> assertThat(halted.get()).contains("NAMES"));
    replica.closeCleanly();
  }

  @Test
  void snapshot_installedElsewhere_sameStateAndLedgerGoesOn() throws Exception {
    for (long seed = 10; seed < 14; seed++) snapshotIsInstalled(seed);
    assertThat(halted.get()).isNull();
  }

  private void snapshotIsInstalled(long seed) throws Exception {
    Scenario scenario = new Scenario(seed);
    StateReplica one = open("one" + seed);
    List<byte[]> log = record(scenario, one, 250);
    Path snapshot = dir.resolve("snapshot" + seed);
    var writer = one.beginSnapshot(1, 249);
    // What is applied before the file is written is not in it.
    log.addAll(record(scenario, one, 100));
    writer.write(snapshot);
    one.verify(snapshot, 1, 249);
    StateReplica two = open("two" + seed);
    // A follower that has a state of its own, and is to be lifted over a part of the log.
    replay(two, log.subList(0, 60), 0);
    two.install(snapshot, 1, 249);
    assertThat(two.appliedIndex()).isEqualTo(249);
    replay(two, log, 250);
    assertThat(two.core().digest()).isEqualTo(one.core().digest());
    assertThat(two.ledger().length()).isEqualTo(one.ledger().length());
    fillGap(two, one);
    one.closeCleanly();
    two.closeCleanly();
    assertThat(ledger("two" + seed)).isEqualTo(ledger("one" + seed));
    assertThat(LedgerChain.verify(dir.resolve("two" + seed + "/ledger")).fault()).isNull();
  }

  private static void fillGap(StateReplica to, StateReplica from) throws Exception {
    assertThat(to.ledger().gaps()).hasSize(1);
    LedgerCatchUp answering = new LedgerCatchUp(from.ledger(), 65_600);
    new LedgerCatchUp(to.ledger(), 65_600).fill(answering::answer);
    assertThat(to.ledger().gaps()).isEmpty();
  }

  @Test
  void adopt_bytesOfAnotherHistory_refusedAndTakenAgain() throws IOException {
    Scenario scenario = new Scenario(20);
    StateReplica one = open("one");
    record(scenario, one, 100);
    Path snapshot = dir.resolve("snapshot");
    one.beginSnapshot(1, 99).write(snapshot);
    StateReplica two = open("two");
    two.install(snapshot, 1, 99);
    byte[] entry = scenario.next();
    one.apply(1, 100, ByteBuffer.wrap(entry), scenario.sink());
    two.apply(1, 100, ByteBuffer.wrap(entry), null);
    long end = two.ledger().gaps().getFirst().to();
    byte[] wrong = one.ledger().read(0, (int) end);
    wrong[wrong.length / 2] ^= 1;
    assertThatThrownBy(() -> two.ledger().adopt(0, wrong)).isInstanceOf(IOException.class);
    assertThat(two.ledger().gaps()).hasSize(1);
    assertThatThrownBy(() -> two.ledger().adopt(7, wrong)).hasMessageContaining("do not follow");
    assertThat(two.ledger().adopt(0, one.ledger().read(0, (int) end))).isEqualTo(end);
    assertThat(two.ledger().gaps()).isEmpty();
    one.closeCleanly();
    two.closeCleanly();
  }

  @Test
  void install_ledgerLongerThanSnapshot_isCutAndWrittenAgain() throws IOException {
    Scenario scenario = new Scenario(21);
    StateReplica one = open("one");
    List<byte[]> log = record(scenario, one, 100);
    Path snapshot = dir.resolve("snapshot");
    one.beginSnapshot(1, 99).write(snapshot);
    log.addAll(record(scenario, one, 100));
    byte[] before = one.ledger().read(0, 1 << 30);
    one.install(snapshot, 1, 99);
    replay(one, log, 100);
    assertThat(one.ledger().read(0, 1 << 30)).isEqualTo(before);
    one.closeCleanly();
  }

  @Test
  void beginSnapshot_whileAnotherIsWritten_onlyThatOneFails() throws IOException {
    StateReplica one = open("one");
    record(new Scenario(22), one, 30);
    var first = one.beginSnapshot(1, 29);
    var second = one.beginSnapshot(1, 29);
    assertThatThrownBy(() -> second.write(dir.resolve("second"))).hasMessageContaining("another");
    first.write(dir.resolve("first"));
    one.beginSnapshot(1, 29).discard();
    one.beginSnapshot(1, 29).write(dir.resolve("third"));
    assertThat(Files.readAllBytes(dir.resolve("third")))
        .hasSameSizeAs(Files.readAllBytes(dir.resolve("first")));
    one.closeCleanly();
  }
}
