package dev.tallygate.raft.state;

import dev.tallygate.proto.log.v1.CatalogVersion;
import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.raft.state.NaiveState.Holding;
import dev.tallygate.raft.state.NaiveState.Org;
import dev.tallygate.raft.state.NaiveState.Stock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One seeded life of a cluster: a leader's entries applied to replicas that crash, lag, are
 * restored and are built anew, each outcome compared with {@link NaiveModel}, each state with a
 * recount of its rows, of its ledger and of the model. Every step draws from a generator of its
 * own, so that steps can be left out while a failure is narrowed down.
 */
final class Simulation {
  /** What a step asked, for a trace. */
  private record Traced(int step, long term, long index, List<Call> calls) {}

  private final long seed;
  private final Supplier<Tables> factory;
  private final Consumer<String> answers;
  private final NaiveModel model = new NaiveModel();
  private final Workload workload;
  private final SimClock clock;
  private final LedgerRecount recount = new LedgerRecount();
  private final List<SimReplica.Entry> log = new ArrayList<>();
  private final Deque<Traced> trace = new ArrayDeque<>();
  private final SimReplica first;
  private SimReplica second;
  private SimReplica.Snapshot snapshot;
  private int ledgerRead;

  Simulation(long seed, Supplier<Tables> factory, Consumer<String> answers) {
    this.seed = seed;
    this.answers = answers;
    this.factory = factory;
    SplittableRandom random = new SplittableRandom(seed);
    this.clock = new SimClock(random.nextInt(3) == 0);
    this.workload = new Workload(model.state, random);
    this.first = new SimReplica(factory.get());
    this.second = new SimReplica(factory.get());
    this.snapshot = second.snapshot();
  }

  /**
   * Runs a seed.
   *
   * @param skip steps that are left out
   * @param answers hears the name of every kind of answer that was seen
   * @return what went wrong, with a trace; null for nothing
   */
  static @Nullable String run(
      long seed, int steps, Set<Integer> skip, Supplier<Tables> factory, Consumer<String> answers) {
    Simulation simulation = new Simulation(seed, factory, answers);
    int step = 0;
    try {
      for (; step < steps; step++) if (step == 0 || !skip.contains(step)) simulation.step(step);
      simulation.rebuild();
      return null;
    } catch (AssertionError | RuntimeException e) {
      return "seed "
          + seed
          + ", step "
          + step
          + ": "
          + e
          + at(e)
          + "\n"
          + String.join("\n", simulation.trace.stream().map(Traced::toString).toList());
    }
  }

  /** As {@link #run} for many seeds on heap tables; for class loaders of their own. */
  static @Nullable String runAll(long firstSeed, int seeds, int steps) {
    for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
      String failure = run(seed, steps, Set.of(), HeapTables::new, answer -> {});
      if (failure != null) return failure;
    }
    return null;
  }

  private static String at(Throwable e) {
    StackTraceElement[] stack = e.getStackTrace();
    return stack.length == 0
        ? ""
        : " at " + String.join(" < ", Arrays.stream(stack).limit(6).map(Object::toString).toList());
  }

  private void step(int step) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
    if (step > 0) clock.advance(random);
    if (random.nextInt(20) == 0) skipEntry();
    EntryHeader header = clock.header(random, step == 0);
    List<Call> calls = step == 0 ? workload.first(random) : workload.next(random, clock.wall());
    byte[] bytes = encode(header, calls);
    long index = log.size();
    log.add(new SimReplica.Entry(clock.term(), bytes));
    List<Seen> seen = new ArrayList<>();
    List<Long> positions = new ArrayList<>();
    trace.add(new Traced(step, clock.term(), index, calls));
    while (trace.size() > 6) trace.removeFirst();
    first.apply(
        index,
        log.getLast(),
        (i, outcome) -> {
          if (i != seen.size()) throw new AssertionError("outcome " + i + " after " + seen.size());
          if (outcome.status == Outcome.Status.REFUSED
              && outcome.reason == RefusalReason.REFUSAL_REASON_EXHAUSTED_VALUE
              && !outcome.repeated) checkRetry(calls.get(i), outcome);
          seen.add(Seen.of(outcome));
          positions.add(outcome.position);
        });
    if (seen.size() != calls.size()) throw new AssertionError(seen.size() + " outcomes");
    recount.read(first.ledger.copy(ledgerRead, first.ledger.length() - ledgerRead));
    ledgerRead = first.ledger.length();
    compare(header, calls, seen, positions);
    compareState();
    follow(random, index);
  }

  /**
   * More units than the limit never become free by waiting, nor does a seat that no time takes
   * back.
   */
  private static void checkRetry(Call call, Outcome outcome) {
    Pool pool = Objects.requireNonNull(outcome.pool);
    boolean forGood =
        pool.entitlement().model() == Entitlement.Model.NAMED_USER
            && pool.entitlement().idleAfterUs() == 0
            && pool.counts().cooling == 0;
    Counts counts = pool.counts();
    long units = taken(call).units();
    // Predecessors in the way are not there for good.
    if (counts.carried > 0 && units <= counts.limit - counts.taken()) forGood = false;
    boolean waiting = units <= pool.entitlement().most(counts.limit) && !forGood;
    // Others of its chain may be worth waiting for where the first is not.
    if (!taken(call).also().isEmpty() && !waiting) return;
    check(waiting == outcome.retryAfterUs > 0, "time to try again: " + outcome.retryAfterUs);
  }

  private static Call.Take taken(Call call) {
    return call instanceof Call.Labelled labelled ? labelled.take() : (Call.Take) call;
  }

  private static byte[] encode(EntryHeader header, List<Call> calls) {
    Bytes out = new Bytes(256);
    header.write(out);
    for (Call call : calls) {
      Command command = call.proto();
      byte[] bytes = command.toByteArray();
      EntryHeader.command(out, bytes, 0, bytes.length);
    }
    return out.copy();
  }

  /** An entry of Ratis's own: it moves the index and nothing else. */
  private void skipEntry() {
    long index = log.size();
    log.add(new SimReplica.Entry(clock.term(), new byte[0]));
    long before = first.core.digest();
    first.core.skip(clock.term(), index);
    check(before == first.core.digest(), "a skipped entry changed the state");
  }

  private boolean sweepsAll() {
    return model.state.settings.sweepMax() >= 1000;
  }

  private void compare(
      EntryHeader header, List<Call> calls, List<Seen> seen, List<Long> positions) {
    boolean sweptAll = sweepsAll();
    model.begin(clock.term(), header, recount.takeDropped());
    Map<Integer, Long> last = new HashMap<>();
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      long position = positions.get(i);
      Seen expected = model.answer(call, position);
      Seen found = seen.get(i);
      boolean poolGone = expected.pool() == null || found.pool() == null;
      if (!sweptAll && (expected.repeated() || poolGone)) {
        expected = withoutPool(expected);
        found = withoutPool(found);
      }
      check(
          expected.equals(found),
          "command " + i + " " + call + "\n expected " + expected + "\n found    " + found);
      workload.granted(call.tenant(), found);
      for (Seen part : found.more()) {
        workload.granted(call.tenant(), part);
        answers.accept("part " + part.status());
      }
      note(found);
      Org org = model.state.org(call.tenant());
      if (call instanceof Call.NewTenant made && seen.get(i).status() == Outcome.Status.DONE)
        org = begun(made, position);
      if (org == null || position == 0) continue;
      check(position >= last.getOrDefault(org.number, org.position), "a position went back");
      last.put(org.number, position);
      org.position = position;
    }
    model.end();
  }

  /** A tenant begins where no tenant that is gone has been. */
  private Org begun(Call.NewTenant made, long position) {
    for (Org org : model.state.orgs) {
      if (!org.name.equals(made.name())) continue;
      boolean fresh = org.position == 0;
      check(
          !fresh || position > model.state.positionsEnded,
          "a tenant begins in the past of another");
      return org;
    }
    throw new AssertionError("no tenant " + made.name());
  }

  private void note(Seen seen) {
    answers.accept(seen.status().name());
    if (seen.refusal() != null) answers.accept(seen.refusal().name());
    if (seen.end() != null) answers.accept(seen.end().name());
    if (seen.bound() != null) answers.accept("FULL " + seen.bound());
  }

  private static Seen withoutPool(Seen seen) {
    return seen.pool(null).more(seen.more().stream().map(Simulation::withoutPool).toList());
  }

  private void compareState() {
    check(first.core.ledgerBytes() == first.ledger.length(), "length of the ledger");
    check(Audit.run(first.tables) == first.core.digest(), "digest is not the sum of its rows");
    View view = first.core.view();
    check(
        view.elapsedUs() == model.state.elapsed,
        "elapsed " + view.elapsedUs() + ", not " + model.state.elapsed);
    check(
        view.civilUs() == model.state.civil,
        "civil " + view.civilUs() + ", not " + model.state.civil);
    check(view.clockReady() == model.state.medianKnown, "median");
    check(view.agreedIndex() == model.agreed(), "agreed index");
    check((view.disputedIndex() != 0) == model.disputed(), "disputed index");
    check(
        view.rows(TableId.LEASES) == first.tables.table(TableId.LEASES).count(), "leases counted");
    check(view.rows(TableId.REQUESTS) == model.state.answered.size(), "request ids counted");
    check(view.rows(TableId.POOLS) == model.state.stocks.size(), "pools counted");
    check(model.state.stocks.size() == first.tables.table(TableId.POOLS).count(), "pool rows");
    check(model.state.holdings.size() == first.tables.table(TableId.LEASES).count(), "lease rows");
    for (Org org : model.state.orgs) {
      tenant(org);
    }
    long named = model.state.named();
    check(view.rows(TableId.ENTITIES) == model.state.entityRows(), "entities counted");
    check(first.tables.table(TableId.ENTITIES).count() == model.state.entityRows(), "entity rows");
    first.tables.table(TableId.ENTITIES).forEach(this::entity);
    check(view.rows(TableId.SUBJECTS) == named, "holders counted");
    check(first.tables.table(TableId.NAMES).count() == named, "name rows");
    check(first.tables.table(TableId.SUBJECTS).count() == named, "holder rows");
    check(first.tables.table(TableId.TENANTS).count() == model.state.orgs.size(), "tenant rows");
    first.tables.table(TableId.POOLS).forEach(this::pool);
    first.tables.table(TableId.LEASES).forEach(this::lease);
    ListRecount.check(first.core, first.tables);
  }

  private void entity(Bytes key, Bytes row) {
    Org org = model.state.org(key.getInt(0));
    if (org == null) throw new AssertionError("an entity of no tenant");
    int at = EntityLayout.KEY_NAME;
    if (key.getByte(EntityLayout.KEY_KIND) == EntityLayout.KIND_REMOVAL) {
      check(org.removals.containsKey(key.getLong(at)), "a removal that is over");
      return;
    }
    String name = key.utf8(at, key.length() - at);
    NaiveEntities.Known known = org.entities.get(name);
    if (known == null) throw new AssertionError("entity " + name + " should not be there");
    check(row.getLong(EntityLayout.POSITION) == known.position(), "position of " + name);
    Map<String, NaiveEntities.Fact> found = new TreeMap<>();
    for (var attribute : Attributes.read(row).getAttributesList())
      found.put(
          attribute.getName(),
          new NaiveEntities.Fact(attribute.getSource(), attribute.getValue().getStringValue()));
    check(found.equals(known.facts()), "attributes of " + name + ": " + found);
  }

  /** Nobody finds a tenant that was deleted. */
  private void tenant(Org org) {
    View view = first.core.view();
    TenantView tenant = view.tenant(org.name);
    check((tenant == null) == org.ending, "tenant " + org.name + " is found");
    if (tenant == null) {
      check(
          view.endingTenants().stream().anyMatch(other -> other.number() == org.number),
          "tenant " + org.name + " is not told of");
      return;
    }
    check(tenant.number() == org.number, "number of tenant " + org.name);
    check((tenant.status() == TenantStatus.SUSPENDED) == org.suspended, "status of " + org.name);
    check(
        tenant.leases()
            == model.state.holdings.stream().filter(holding -> holding.org == org).count(),
        "leases of " + org.name);
    versions(org);
  }

  /** Every version that is kept reads as the catalog stood then; those before are not answered. */
  private void versions(Org org) {
    TenantView tenant = Objects.requireNonNull(first.core.view().tenant(org.name));
    Reader reader = first.core.view().reader();
    check(tenant.catalogVersion() == org.catalogVersion, "catalog version");
    blocks(org, tenant);
    for (NaiveState.Version version : org.history) {
      CatalogVersion kept = reader.catalogVersion(tenant, version.number());
      if (kept == null) throw new AssertionError("version " + version.number() + " is not kept");
      check(
          kept.getSet().equals(version.set()) && kept.getCivilUs() == version.civil(),
          "set and time of version " + version.number());
      check(
          kept.getEntitlements() == version.in(version.set()).size(),
          "entitlements of version " + version.number());
      Map<String, dev.tallygate.proto.log.v1.Entitlement> expected = new TreeMap<>();
      for (Right right : version.rights().values())
        expected.put(
            right.name(),
            right.proto().toBuilder().setSet(version.sets().get(right.name())).build());
      check(
          expected.equals(reader.catalogAt(tenant, version.number())),
          "content of version " + version.number());
    }
    long before = org.catalogVersion - org.history.size();
    check(reader.catalogVersion(tenant, before) == null, "version " + before + " is kept");
    check(before == 0 || reader.catalogAt(tenant, before) == null, "content of " + before);
  }

  /** Labels that are blocked now; those that are over may still be there. */
  private void blocks(Org org, TenantView tenant) {
    Map<String, Long> expected =
        new TreeMap<>(model.state.blocks.getOrDefault(org.number, new TreeMap<>()));
    Map<String, Long> found = new TreeMap<>();
    for (LabelBlocks.Block block : tenant.blocks().all()) found.put(block.label(), block.untilUs());
    expected.values().removeIf(until -> until <= model.state.civil);
    found.values().removeIf(until -> until <= model.state.civil);
    check(expected.equals(found), "blocked are " + found + ", not " + expected);
  }

  private void pool(Bytes key, Bytes row) {
    Org org = model.state.org(key.getInt(0));
    if (org == null) throw new AssertionError("a pool of no tenant");
    String partition = key.utf8(PoolLayout.KEY_PARTITION, key.length() - PoolLayout.KEY_PARTITION);
    Stock stock = model.state.stock(org, key.getInt(PoolLayout.KEY_ENTITLEMENT), partition);
    if (stock == null) throw new AssertionError("a pool that should not be there: " + partition);
    Counts counts = new Counts();
    Pool.readCounts(row, counts);
    long number = row.getLong(PoolLayout.NUMBER);
    check(number == stock.number, "pool number " + number);
    Seen.Numbers expected = model.state.numbers(stock);
    check(counts.carried >= expected.carried(), "carried " + counts.carried);
    check(stock.retired() == (counts.limit == 0 && stock.retired()), "limit of a retired pool");
    LedgerRecount.Count audited = recount.pools(org.number).get(number);
    if (audited == null) throw new AssertionError("the ledger knows no pool " + number);
    check(
        counts.taken() == audited.taken,
        "taken by the ledger: " + audited.taken + ", by the state: " + counts);
    check(audited.overage == counts.overage, "overage by the ledger: " + audited.overage);
    if (sweepsAll() && counts.carried == expected.carried())
      check(row.getLong(PoolLayout.OVERAGE_SINCE) == stock.overageSince, "when overage began");
    // A pool that nobody touched meanwhile counts what was carried when somebody did.
    counts.carry(expected.carried());
    if (sweepsAll())
      check(
          expected.equals(Seen.Numbers.of(counts)),
          "pool "
              + stock.right().name()
              + "/"
              + partition
              + "\n expected "
              + expected
              + "\n found "
              + counts);
    check(
        audited.entitlement.equals(stock.right().name()) && audited.partition.equals(partition),
        "pool's name");
    if (sweepsAll()) {
      check(row.getLong(PoolLayout.RAISED) == stock.raised, "threshold that is raised");
      check(audited.raises == stock.raises, "thresholds raised: " + audited.raises);
    }
    check(audited.limit == counts.limit, "limit by the ledger");
    read(org, stock, partition, expected);
  }

  /** What a reader is told of a pool, which is up to date whenever it was touched. */
  private void read(Org org, Stock stock, String partition, Seen.Numbers expected) {
    if (org.ending) return;
    TenantView tenant = Objects.requireNonNull(first.core.view().tenant(org.name));
    Entitlement entitlement = tenant.entitlement(stock.right().name());
    for (Retired retired : tenant.retired(stock.right().name()))
      if (retired.entitlement().number() == stock.right) entitlement = retired.entitlement();
    if (entitlement == null || entitlement.number() != stock.right)
      throw new AssertionError("no reader sees " + stock.right().name());
    check(entitlement.retired() == stock.retired(), "retired by the view");
    Span of = new Span();
    of.set(partition);
    Reader reader = first.core.view().reader();
    check(reader.pool(tenant, entitlement, of), "no reader sees the pool");
    if (sweepsAll())
      check(expected.equals(Seen.Numbers.of(reader.counts())), "read " + reader.counts());
  }

  private void lease(Bytes key, Bytes row) {
    Org org = model.state.org(key.getInt(0));
    Holding holding = org == null ? null : model.state.holding(org, key.getLong(Integer.BYTES));
    if (holding == null)
      throw new AssertionError("a lease that should not be there: " + key.getLong(4));
    check(row.getLong(LeaseLayout.UNITS) == holding.units, "units of a lease");
    check(row.getLong(LeaseLayout.TOKEN) == holding.grant.token, "token of a lease");
    check(labels(row).equals(holding.labels), "labels of lease " + holding.id);
    check(row.getByte(LeaseLayout.STATE) == holding.standing.ordinal() + 1, "standing of a lease");
    long ends =
        switch (holding.standing) {
          case SETTLED -> holding.forgetAt;
          case SEAT -> holding.used;
          default -> holding.ends;
        };
    check(
        row.getLong(LeaseLayout.ENDS) == ends,
        "end of lease " + holding.id + ": " + row.getLong(LeaseLayout.ENDS) + ", not " + ends);
  }

  private static List<String> labels(Bytes row) {
    LeaseRow read = new LeaseRow();
    read.row().set(row);
    return read.labels();
  }

  /**
   * The second replica: lags, crashes in the middle of an entry, is restored from a snapshot of
   * either.
   */
  private void follow(SplittableRandom random, long index) {
    switch (random.nextInt(12)) {
      case 0 -> {
        return;
      }
      case 1 -> snapshot = (random.nextBoolean() ? first : second).snapshot();
      case 2 -> second = SimReplica.restore(snapshot, factory);
      case 3 -> crash(random);
      default -> {}
    }
    catchUp(second);
    same(second, index);
  }

  /**
   * Half an entry is written, then the process dies: the tables are thrown away and built again.
   */
  private void crash(SplittableRandom random) {
    int at = random.nextInt(3);
    try {
      catchUpTo(
          second,
          log.size(),
          (i, outcome) -> {
            if (i >= at) throw new SimReplica.Crash();
          });
    } catch (SimReplica.Crash e) {
      second = SimReplica.restore(snapshot, factory);
    }
  }

  private void catchUp(SimReplica replica) {
    catchUpTo(replica, log.size(), OutcomeSink.NOBODY);
  }

  private void catchUpTo(SimReplica replica, long end, OutcomeSink sink) {
    for (long index = replica.core.appliedIndex() + 1; index < end; index++) {
      SimReplica.Entry entry = log.get((int) index);
      if (entry.bytes().length == 0) replica.core.skip(entry.term(), index);
      else replica.apply(index, entry, sink);
      check(
          replica.core.digestAt(index) == first.core.digestAt(index),
          "replicas differ at index " + index);
    }
  }

  private void same(SimReplica replica, long index) {
    check(replica.core.appliedIndex() == first.core.appliedIndex(), "applied index");
    check(replica.core.digest() == first.core.digest(), "digests differ at index " + index);
    check(replica.ledger.equals(first.ledger), "ledgers differ");
    ListRecount.check(replica.core, replica.tables);
  }

  /**
   * A replica that starts from nothing and replays the whole log; and one that is restored at the
   * end.
   */
  private void rebuild() {
    SimReplica third = new SimReplica(factory.get());
    catchUp(third);
    same(third, log.size() - 1);
    SimReplica fourth = SimReplica.restore(first.snapshot(), factory);
    same(fourth, log.size() - 1);
    check(Audit.run(fourth.tables) == first.core.digest(), "digest of a restored replica");
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }
}
