package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.CreateTenant;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.raft.store.MappedTables;
import dev.tallygate.raft.store.TableBounds;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What one command costs to apply, on one core, with its ledger record: metered allocations over
 * 10,000 pools, opening a lease, renewing and releasing one. Each entry carries 256 commands, fresh
 * ids, one unit. Decoding, checks, digest and hash chain are included; Raft is not.
 *
 * <p>Run it with {@code ops/bin/benchmark raft --main dev.tallygate.raft.state.ApplyBenchmark}. It
 * prints the median and best of ten rounds.
 */
public final class ApplyBenchmark {
  static final int COMMANDS = 256;
  static final int POOLS = 10_000;
  private static final int ROUNDS = 10;

  /** Time of the apply thread on its core, so that a busy machine costs caches but no turns. */
  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  private static final long WALL_US = 1_800_000_000_000_000L;

  private final Core core;
  private final SplittableRandom random = new SplittableRandom(7);
  private final Bytes entry = new Bytes(1 << 16);
  private final Bytes command = new Bytes(256);
  private final EntryHeader header = new EntryHeader();
  private final AllocateCommand allocate = new AllocateCommand();
  private final LeaseCommand lease = new LeaseCommand();
  private final long[] leases;
  private final byte[][] partitions = new byte[POOLS][];
  private final byte[] requestId = new byte[36];
  private long monotonicUs;
  private long index;
  private int opened;

  public ApplyBenchmark(Core core, int leasesMax) {
    this.core = core;
    this.leases = new long[leasesMax];
    for (int i = 0; i < POOLS; i++)
      partitions[i] = ("account-" + i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  /** Runs everything and prints a line for each kind of command. */
  public void run(String tables) {
    seed();
    System.out.printf(
        Locale.ROOT, "%-10s %-10s %12s %12s%n", "tables", "command", "median ns", "best ns");
    report(tables, "metered", this::metered);
    report(tables, "open", this::open);
    report(tables, "renew", this::renew);
    report(tables, "release", this::release);
  }

  private void report(String tables, String name, Runnable entryOf) {
    long[] nanos = new long[ROUNDS];
    int entries = leases.length / COMMANDS / ROUNDS;
    for (int round = 0; round < ROUNDS; round++) {
      long spent = 0;
      for (int i = 0; i < entries; i++) {
        begin();
        entryOf.run();
        long start = CPU.getCurrentThreadCpuTime();
        finish();
        spent += CPU.getCurrentThreadCpuTime() - start;
      }
      nanos[round] = spent / entries / COMMANDS;
    }
    java.util.Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT, "%-10s %-10s %12d %12d%n", tables, name, nanos[ROUNDS / 2], nanos[0]);
  }

  private void seed() {
    cold(Command.newBuilder().setSettings(bounds().proto()).build());
    cold(
        Command.newBuilder().setCreateTenant(CreateTenant.newBuilder().setName("default")).build());
    ApplyCatalog.Builder catalog = ApplyCatalog.newBuilder().setTenant(1).setSet("default");
    catalog
        .addEntitlementsBuilder()
        .setName("calls")
        .setLimit(1_000_000_000)
        .addPartitionBy("subject")
        .setPartitionsMax(POOLS)
        .setMetered(
            Metered.newBuilder()
                .setCalendar(Calendar.CALENDAR_DAY)
                .setTimeZone("UTC")
                .setHoldTtlUs(60_000_000));
    catalog
        .addEntitlementsBuilder()
        .setName("seats")
        .setLimit(100_000_000)
        .setConcurrentSession(
            ConcurrentSession.newBuilder()
                .setTtlUs(3_600_000_000L)
                .setTtlMaxUs(3_600_000_000L)
                .setGraceUs(15_000_000)
                .setSharing(Sharing.SHARING_SESSION));
    cold(Command.newBuilder().setApplyCatalog(catalog).build());
  }

  private Settings bounds() {
    Settings d = Settings.DEFAULTS;
    return new Settings(
        d.tickUs(),
        d.requestWindowUs(),
        d.requestAheadUs(),
        d.civilLeadUs(),
        d.poolsMax(),
        d.leasesMax(),
        100_000_000,
        d.subjectsMax(),
        d.tenantsMax(),
        d.entitlementsMax(),
        d.sweepMax(),
        d.ledgerSegmentBytes(),
        d.digestEvery(),
        1,
        d.catalogVersionsMax());
  }

  private void cold(Command cold) {
    begin();
    byte[] bytes = cold.toByteArray();
    EntryHeader.command(entry, bytes, 0, bytes.length);
    finish();
  }

  private void begin() {
    monotonicUs += 1_000;
    header
        .stamp(FeatureLevel.FIRST, monotonicUs, WALL_US + monotonicUs)
        .median(WALL_US + monotonicUs, monotonicUs);
    entry.clear();
    header.write(entry);
  }

  private void finish() {
    core.apply(1, ++index, entry.array(), 0, entry.length(), this::outcome);
  }

  private void outcome(int at, Outcome outcome) {
    switch (outcome.status) {
      case GRANTED, ENDED, DONE -> {}
      default ->
          throw new IllegalStateException(
              "benchmark was answered "
                  + outcome.status
                  + " "
                  + outcome.reason
                  + " "
                  + outcome.bound);
    }
    if (outcome.grantKind == 1
        && !outcome.repeated
        && outcome.leaseId == outcome.token
        && opened < leases.length
        && filling) leases[opened++] = outcome.leaseId;
  }

  private boolean filling;

  private void metered() {
    for (int i = 0; i < COMMANDS; i++) {
      fill(1);
      allocate.partition.set(partitions[random.nextInt(POOLS)]);
      allocate.windowStartUs = WALL_US;
      allocate.windowEndUs = WALL_US + 86_400_000_000L;
      add();
    }
  }

  private void open() {
    filling = true;
    for (int i = 0; i < COMMANDS; i++) {
      fill(2);
      allocate.session.set(requestId.clone());
      add();
    }
  }

  private void renew() {
    filling = false;
    for (int i = 0; i < COMMANDS; i++) {
      long id = leases[random.nextInt(opened)];
      lease.clear(LeaseCommand.Kind.RENEW).tenant = 1;
      lease.leaseId = id;
      lease.token = id;
      command.clear();
      lease.write(command);
      EntryHeader.command(entry, command.array(), 0, command.length());
    }
  }

  private void release() {
    for (int i = 0; i < COMMANDS; i++) {
      long id = leases[--opened];
      lease.clear(LeaseCommand.Kind.RELEASE).tenant = 1;
      lease.leaseId = id;
      lease.token = id;
      command.clear();
      lease.write(command);
      EntryHeader.command(entry, command.array(), 0, command.length());
    }
  }

  private void fill(int entitlement) {
    for (int i = 0; i < requestId.length; i++) requestId[i] = (byte) ('a' + random.nextInt(26));
    allocate.clear().tenant = 1;
    allocate.key.requestId.set(requestId);
    allocate.key.issuedAtUs = WALL_US + monotonicUs;
    allocate.key.contentHigh = random.nextLong();
    allocate.key.contentLow = random.nextLong();
    allocate.catalogVersion = 1;
    allocate.entitlement = entitlement;
    allocate.units = 1;
    allocate.holder.set("user:holder");
    allocate.subjectRef = 77;
  }

  private void add() {
    command.clear();
    allocate.write(command);
    EntryHeader.command(entry, command.array(), 0, command.length());
  }

  /** Arguments: heap or mapped, and the number of commands of each kind. */
  public static void main(String[] args) throws IOException {
    String tables = args.length > 0 ? args[0] : "mapped";
    int commands = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    if (tables.equals("heap")) {
      new ApplyBenchmark(new Core(new HeapTables(), new HeapLedger()), commands).run(tables);
      return;
    }
    Path dir = Files.createTempDirectory("apply-benchmark");
    TableBounds bounds = new TableBounds(20_000, 2_000_000, 8_000_000, 10_000, 10, 100);
    try (MappedTables mapped = MappedTables.open(dir, bounds)) {
      new ApplyBenchmark(new Core(mapped, new HeapLedger()), commands).run(tables);
    } finally {
      MappedTables.delete(dir);
    }
  }

  /** Keeps nothing: the cost of the file is not the core's. */
  static final class HeapLedger implements LedgerSink {
    private byte[] last = new byte[0];

    @Override
    public void append(long position, byte[] bytes, int offset, int count) {
      if (last.length < count) last = new byte[count * 2];
      System.arraycopy(bytes, offset, last, 0, count);
    }

    @Override
    public void roll(long position) {}
  }
}
