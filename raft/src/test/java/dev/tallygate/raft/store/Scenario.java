package dev.tallygate.raft.store;

import dev.tallygate.proto.log.v1.Allocate;
import dev.tallygate.proto.log.v1.ApplyCatalog;
import dev.tallygate.proto.log.v1.BlockLabel;
import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ClockMedian;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.CreateTenant;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.Entry;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.log.v1.Release;
import dev.tallygate.proto.log.v1.ReleaseByLabel;
import dev.tallygate.proto.log.v1.Renew;
import dev.tallygate.proto.log.v1.RequestKey;
import dev.tallygate.proto.log.v1.Revoke;
import dev.tallygate.proto.log.v1.SetLimit;
import dev.tallygate.proto.log.v1.Settings;
import dev.tallygate.proto.log.v1.Settle;
import dev.tallygate.proto.log.v1.Sharing;
import dev.tallygate.proto.v1.GrantKind;
import dev.tallygate.raft.Replica;
import dev.tallygate.raft.ResultSink;
import dev.tallygate.raft.state.Outcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A seeded life of a small installation, as log entries: all models, holds, limits that are cut
 * while held, releases that linger, windows that close. The same seed makes the same entries, as
 * long as the outcomes come back to {@link #sink}; those of a replay need not.
 */
final class Scenario {
  private static final long DAY_US = 86_400_000_000L;
  private static final long START_US = 20_000 * DAY_US;

  private record Lease(long id, long token, int tenant, boolean hold) {}

  private final SplittableRandom random;
  private final List<Lease> leases = new ArrayList<>();
  private final List<Integer> tenantsOf = new ArrayList<>();
  private long monotonicUs = 1_000_000;
  private long requests;
  private long index;

  Scenario(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Entries made so far. */
  long index() {
    return index;
  }

  /** What a replica under test makes of an outcome. */
  static Object result(Outcome outcome) {
    return new long[] {
      outcome.status == Outcome.Status.GRANTED ? outcome.grantKind : 0,
      outcome.leaseId,
      outcome.token
    };
  }

  /** Makes so many entries and applies each to the replica. */
  void play(Replica replica, int entries) {
    for (int i = 0; i < entries; i++) {
      byte[] entry = next();
      replica.apply(1, index - 1, ByteBuffer.wrap(entry), sink());
    }
  }

  /** The entry after the last; its index is {@link #index} minus one. */
  byte[] next() {
    Entry.Builder entry = begin();
    if (index == 0) seed(entry);
    else for (int left = random.nextInt(12); left > 0; left--) add(entry, command());
    index++;
    return entry.build().toByteArray();
  }

  /**
   * An entry that removes what the first tenant has, but for its sessions, which become seats of
   * named users, and asks for as many seats as there would be.
   */
  byte[] retire() {
    Entry.Builder entry = begin();
    ApplyCatalog.Builder seats =
        ApplyCatalog.newBuilder().setSet("default").setTenant(1).setExpectVersion(1);
    seats.addEntitlements(
        Entitlement.newBuilder()
            .setName("a-seats")
            .setLimit(40)
            .setNamedUser(NamedUser.newBuilder().setCoolDownUs(1_000_000)));
    add(entry, Command.newBuilder().setApplyCatalog(seats));
    for (int i = 0; i < 40; i++) {
      Allocate.Builder seat = allocate().setTenant(1).setCatalogVersion(2).setEntitlement(5);
      seat.setUnits(1).setHold(false).clearSession().clearPartition().setHolder("user:h" + i);
      add(entry, Command.newBuilder().setAllocate(seat.setSubjectRef(1_000 + i)));
    }
    index++;
    return entry.build().toByteArray();
  }

  private Entry.Builder begin() {
    Entry.Builder entry = Entry.newBuilder().setFeatureLevel(1);
    monotonicUs += index < 2 ? 1_000 : random.nextInt(450_000);
    entry.setMonotonicUs(monotonicUs).setWallUs(START_US + monotonicUs);
    entry.setMedian(
        ClockMedian.newBuilder().setMedianUs(START_US + monotonicUs).setAtMonotonicUs(monotonicUs));
    tenantsOf.clear();
    return entry;
  }

  private void add(Entry.Builder entry, Command.Builder command) {
    entry.addCommands(command);
    tenantsOf.add(command.hasAllocate() ? command.getAllocate().getTenant() : 0);
  }

  private void seed(Entry.Builder entry) {
    add(entry, Command.newBuilder().setSettings(settings()));
    for (int tenant = 1; tenant <= 2; tenant++) {
      add(
          entry,
          Command.newBuilder().setCreateTenant(CreateTenant.newBuilder().setName("t" + tenant)));
      add(entry, Command.newBuilder().setApplyCatalog(catalog(tenant)));
    }
  }

  private static Settings settings() {
    return dev.tallygate.raft.state.Settings.DEFAULTS.proto().toBuilder()
        .setPoolsMax(TableBounds.SMALL.pools())
        .setLeasesMax(TableBounds.SMALL.leases())
        .setRequestsMax(TableBounds.SMALL.requests())
        .setSubjectsMax(TableBounds.SMALL.subjects())
        .setLedgerSegmentBytes(64 << 10)
        .setRequestWindowUs(60_000_000)
        .build();
  }

  private static ApplyCatalog.Builder catalog(int tenant) {
    ConcurrentSession.Builder session =
        ConcurrentSession.newBuilder()
            .setTtlUs(2_000_000)
            .setTtlMaxUs(4_000_000)
            .setGraceUs(500_000)
            .setSharing(Sharing.SHARING_SESSION);
    Metered.Builder meter = Metered.newBuilder().setHoldTtlUs(1_000_000);
    return ApplyCatalog.newBuilder()
        .setSet("default")
        .setTenant(tenant)
        .addEntitlements(
            Entitlement.newBuilder()
                .setName("a-seats")
                .setLimit(40)
                .addAllThresholds(List.of(20, 50, 100))
                .setConcurrentSession(session))
        .addEntitlements(
            Entitlement.newBuilder()
                .setName("b-lingering")
                .setLimit(30)
                .setConcurrentSession(session.clone().setLingerUs(700_000)))
        .addEntitlements(
            Entitlement.newBuilder()
                .setName("c-calls")
                .setLimit(25)
                .addPartitionBy("account")
                .setPartitionsMax(20)
                .setMetered(meter.clone().setCalendar(Calendar.CALENDAR_MINUTE).setTimeZone("UTC")))
        .addEntitlements(
            Entitlement.newBuilder()
                .setName("d-rolling")
                .setLimit(25)
                .setMetered(meter.clone().setRollingUs(8_000_000).setSlices(8)));
  }

  private Command.Builder command() {
    int kind = random.nextInt(100);
    if (kind < 55 || leases.isEmpty()) return Command.newBuilder().setAllocate(allocate());
    Lease lease = leases.get(random.nextInt(leases.size()));
    if (kind < 62)
      return Command.newBuilder()
          .setRenew(
              Renew.newBuilder()
                  .setTenant(lease.tenant())
                  .setLeaseId(lease.id())
                  .setToken(lease.token()));
    if (kind < 65)
      return Command.newBuilder()
          .setRevoke(
              Revoke.newBuilder()
                  .setTenant(lease.tenant())
                  .setLeaseId(lease.id())
                  .setCaller("admin")
                  .setReason("test"));
    if (kind < 70) return Command.newBuilder().setSetLimit(limit());
    if (kind < 71) return Command.newBuilder().setReleaseByLabel(release());
    if (kind < 72) return Command.newBuilder().setBlockLabel(block());
    leases.remove(lease);
    if (!lease.hold())
      return Command.newBuilder()
          .setRelease(
              Release.newBuilder()
                  .setTenant(lease.tenant())
                  .setLeaseId(lease.id())
                  .setToken(lease.token()));
    Settle.Builder settle =
        Settle.newBuilder()
            .setTenant(lease.tenant())
            .setLeaseId(lease.id())
            .setToken(lease.token());
    return Command.newBuilder()
        .setSettle(random.nextBoolean() ? settle.setCancel(true) : settle.setUnits(1));
  }

  private Allocate.Builder allocate() {
    int entitlement = 1 + random.nextInt(4);
    int holder = random.nextInt(30);
    long now = START_US + monotonicUs;
    Allocate.Builder allocate =
        Allocate.newBuilder()
            .setTenant(1 + random.nextInt(2))
            .setKey(key())
            .setCatalogVersion(1)
            .setEntitlement(entitlement)
            .setUnits(1 + random.nextInt(3))
            .setHolder("user:h" + holder)
            .setSubjectRef(1_000 + holder)
            .setNewSubject(true)
            .setHold(entitlement > 2 && random.nextInt(3) == 0);
    if (entitlement <= 2) allocate.setSession("s" + random.nextInt(4));
    if (random.nextInt(4) == 0) allocate.addLabels(label());
    if (random.nextInt(8) == 0) allocate.addLabels("team=a");
    if (entitlement == 3)
      allocate
          .setPartition("account-" + random.nextInt(5))
          .setWindowStartUs(now / 60_000_000 * 60_000_000)
          .setWindowEndUs((now / 60_000_000 + 1) * 60_000_000);
    return allocate;
  }

  private String label() {
    return "env=" + random.nextInt(3);
  }

  private ReleaseByLabel.Builder release() {
    return ReleaseByLabel.newBuilder()
        .setTenant(1 + random.nextInt(2))
        .setKey(key())
        .setLabel(label())
        .setReason("test");
  }

  private BlockLabel.Builder block() {
    return BlockLabel.newBuilder()
        .setTenant(1 + random.nextInt(2))
        .setKey(key())
        .setLabel(label())
        .setReason("test")
        .setUntilUs(START_US + monotonicUs + random.nextInt(3_000_000));
  }

  private SetLimit.Builder limit() {
    SetLimit.Builder limit =
        SetLimit.newBuilder()
            .setTenant(1 + random.nextInt(2))
            .setKey(key())
            .setCatalogVersion(1)
            .setEntitlement(random.nextBoolean() ? 1 : 2);
    return random.nextInt(3) == 0
        ? limit.setClear(true)
        : limit
            .setLimit(random.nextInt(40))
            .setUntilUs(random.nextBoolean() ? START_US + monotonicUs + 3_000_000 : 0);
  }

  private RequestKey.Builder key() {
    return RequestKey.newBuilder()
        .setCaller("caller")
        .setRequestId("r" + requests++)
        .setIssuedAtUs(START_US + monotonicUs)
        .setContentHigh(requests)
        .setContentLow(7);
  }

  /** Takes the results of the entry that was made last. */
  ResultSink sink() {
    return new ResultSink() {
      private int at;

      @Override
      public int commands() {
        return tenantsOf.size();
      }

      @Override
      public void accept(Object result) {
        int tenant = tenantsOf.get(at++);
        long[] grant = (long[]) result;
        if (tenant == 0 || grant[0] == 0 || grant[0] == GrantKind.GRANT_KIND_RECEIPT_VALUE) return;
        leases.add(
            new Lease(grant[1], grant[2], tenant, grant[0] == GrantKind.GRANT_KIND_HOLD_VALUE));
      }
    };
  }
}
