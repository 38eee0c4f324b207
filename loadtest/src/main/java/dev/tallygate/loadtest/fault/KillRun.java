package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.loadtest.exact.Answer;
import dev.tallygate.loadtest.exact.Checker;
import dev.tallygate.loadtest.exact.Fault;
import dev.tallygate.loadtest.exact.Invocation;
import dev.tallygate.loadtest.exact.Op;
import dev.tallygate.loadtest.peer.Await;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.loadtest.peer.ClusterNode;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.StatusResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Rounds of kill -9 under load. A round: customers fight over the pools, nodes are killed at a
 * random moment and started again, everybody is held back, the round's meters are spent to the last
 * unit, the replicas are compared, and the oracle judges every call. Ends at the first round with a
 * fault, so that what is left can be looked at.
 */
public final class KillRun {
  private static final int CUSTOMERS = 12;
  private static final int LOAD_MS_MIN = 300;
  private static final int LOAD_MS_MAX = 1_500;
  private static final int DOWN_MS_MAX = 1_000;
  private static final Duration SERVE_MAX = Duration.ofSeconds(60);
  private static final Duration LEAVE_MAX = Duration.ofMinutes(3);
  private static final Duration REST_MAX = Duration.ofMinutes(2);
  private static final int LARGEST_ASK = 64;

  private final Cluster cluster;
  private final int rounds;
  private final long seed;
  private final Consumer<String> progress;
  private final SplittableRandom random;
  private final History history = new History();
  private final Router router = new Router();
  private final Replays replays = new Replays();
  private final Checker checker = new Checker();
  private final List<Fault> faults = new ArrayList<>();
  private final Caller coordinator;
  private volatile int round = 1;
  private volatile boolean stopped;
  private long calls;
  private int kills;
  private long ledgerRecords;

  /**
   * @param seed of which node dies when, and of what the customers do; the times of a real machine
   *     are not repeated
   */
  public KillRun(Cluster cluster, int rounds, long seed, Consumer<String> progress) {
    this.cluster = cluster;
    this.rounds = rounds;
    this.seed = seed;
    this.progress = progress;
    this.random = new SplittableRandom(seed);
    this.coordinator = new Caller(router, history, random.split());
  }

  public KillReport run() throws InterruptedException {
    long startNs = System.nanoTime();
    cluster.admin(cluster.awaitLeader().id()).applyCatalog(KillPools.catalog(Instant.now()));
    router.refresh(cluster.nodes());
    KillPools.seatRules().forEach(checker::addPool);
    KillPools.meterRules(1).forEach(checker::addPool);
    List<Thread> customers = new ArrayList<>();
    try (router) {
      for (int i = 0; i < CUSTOMERS; i++)
        customers.add(Thread.ofPlatform().name("customer-" + i).start(customer(i)));
      int last = 1;
      for (; faults.isEmpty(); last++) {
        playRound(last);
        if (last == rounds) break;
      }
      stopped = true;
      leave(customers);
      finish(Math.min(last, rounds));
      return report(Math.min(last, rounds), (System.nanoTime() - startNs) / 1e9);
    } finally {
      stopped = true;
      customers.forEach(Thread::interrupt);
    }
  }

  private static void leave(List<Thread> customers) throws InterruptedException {
    for (Thread customer : customers) {
      if (customer.join(LEAVE_MAX)) continue;
      throw new LoadtestException(
          "a customer waits for an answer after " + LEAVE_MAX.toSeconds() + " s");
    }
  }

  private Customer customer(int number) {
    Customer.Habit habit =
        number % 2 == 0
            ? Customer.Habit.SESSIONS
            : number % 4 == 1 ? Customer.Habit.QUOTA : Customer.Habit.HOLDS;
    return new Customer(
        habit,
        "user-" + number,
        new Caller(router, history, random.split()),
        replays,
        random.split(),
        () -> round,
        () -> stopped);
  }

  private void playRound(int number) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(LOAD_MS_MIN, LOAD_MS_MAX));
    List<String> victims = victims();
    for (String victim : victims) cluster.kill(victim);
    kills += victims.size();
    TimeUnit.MILLISECONDS.sleep(random.nextInt(DOWN_MS_MAX));
    long downNs = System.nanoTime();
    cluster.up();
    router.refresh(cluster.nodes());
    awaitServing();
    double backS = (System.nanoTime() - downNs) / 1e9;
    history.pause();
    try {
      spend(KillPools.Pool.quota(number));
      spend(KillPools.Pool.holds(number));
      List<Fault> found = judge();
      found.addAll(checker.checkSpent(KillPools.Pool.quota(number).name()));
      found.addAll(checker.checkSpent(KillPools.Pool.holds(number).name()));
      found.addAll(compareReplicas());
      faults.addAll(found);
      found.stream()
          .limit(KillReport.FIRST_MAX)
          .forEach(fault -> progress.accept(fault.toString()));
      progress.accept(
          String.format(
              Locale.ROOT,
              "round %d/%d  killed %s, back after %.1f s, %,d calls so far, faults %d",
              number,
              rounds,
              victims,
              backS,
              calls,
              faults.size()));
      KillPools.meterRules(number + 1).forEach(checker::addPool);
      round = number + 1;
    } finally {
      history.resume();
    }
  }

  // Mostly one node; now and then two, which stops the cluster, or all, which loses every memory.
  private List<String> victims() {
    List<String> ids = new ArrayList<>(cluster.nodes().stream().map(ClusterNode::id).toList());
    int chance = random.nextInt(20);
    int count = chance == 0 ? ids.size() : chance <= 2 ? Math.min(2, ids.size()) : 1;
    while (ids.size() > count) ids.remove(random.nextInt(ids.size()));
    return ids;
  }

  private void awaitServing() throws InterruptedException {
    long target = newestCommit();
    boolean served =
        Await.until(
            SERVE_MAX,
            () ->
                cluster.findLeader().isPresent()
                    && cluster.nodes().stream().allMatch(n -> hasApplied(n, target)));
    if (!served) {
      throw new LoadtestException(
          "the nodes do not serve " + SERVE_MAX.toSeconds() + " s after their restart");
    }
  }

  private long newestCommit() {
    return cluster.nodes().stream()
        .mapToLong(node -> cluster.status(node.id()).map(StatusResponse::getCommitIndex).orElse(0L))
        .max()
        .orElse(0);
  }

  private boolean hasApplied(ClusterNode node, long target) {
    return cluster.status(node.id()).map(s -> s.getAppliedIndex() >= target).orElse(false);
  }

  // Asks for less and less until a single unit is refused: then the pool is spent.
  private void spend(KillPools.Pool pool) throws InterruptedException {
    Op op = pool.entitlement().equals(KillPools.HOLDS) ? Op.HOLD : Op.ALLOCATE;
    for (int units = LARGEST_ASK; units >= 1; ) {
      Answer answer = coordinator.take(Ask.fresh(op, pool, "coordinator", "", units, random));
      if (!(answer instanceof Answer.Granted)) units /= 2;
    }
  }

  private List<Fault> judge() {
    List<Invocation> batch = history.drain();
    calls += batch.size();
    return checker.check(batch);
  }

  private List<Fault> compareReplicas() throws InterruptedException {
    List<String> ids = cluster.nodes().stream().map(ClusterNode::id).toList();
    return new ReplicaCheck(ids, cluster::status).run();
  }

  private void finish(int lastRound) throws InterruptedException {
    faults.addAll(judge());
    progress.accept(
        "customers are gone: waiting for what they left to end, then reading the ledger of every node");
    List<KillPools.Pool> meters = new ArrayList<>();
    for (int number = 1; number <= lastRound; number++) {
      meters.add(KillPools.Pool.quota(number));
      meters.add(KillPools.Pool.holds(number));
    }
    faults.addAll(awaitRest(meters));
    faults.addAll(compareReplicas());
    LedgerCheck ledger = new LedgerCheck(cluster, checker);
    faults.addAll(ledger.run(meters));
    ledgerRecords = ledger.records();
  }

  // What vanished customers left ends by the cluster's own time, which stands still in an outage.
  // After that nobody holds anything any more, and ledgers can be compared.
  private List<Fault> awaitRest(List<KillPools.Pool> meters) throws InterruptedException {
    String leader = cluster.awaitLeader().id();
    if (Await.until(REST_MAX, () -> outstanding(leader, meters) == 0)) return List.of();
    String text =
        outstanding(leader, meters)
            + " units are held or on hold "
            + REST_MAX.toSeconds()
            + " s after the last customer left";
    return List.of(new Fault(Fault.Kind.NOT_EXACT, text));
  }

  private long outstanding(String node, List<KillPools.Pool> meters) {
    List<KillPools.Pool> all = new ArrayList<>(meters);
    for (int account = 0; account < KillPools.SEAT_ACCOUNTS; account++) {
      all.add(KillPools.Pool.seats(account));
    }
    long units = 0;
    for (KillPools.Pool each : all) {
      Pool pool = cluster.admin(node).pool(each.entitlement(), each.account()).getPool();
      units += pool.getHeld() + pool.getCooling() + pool.getOnHold();
    }
    return units;
  }

  private KillReport report(int played, double seconds) {
    return new KillReport(
        seed,
        played,
        kills,
        calls,
        checker.ids(),
        checker.grantedIds().size(),
        checker.openIds(),
        ledgerRecords,
        seconds,
        KillReport.count(faults),
        KillReport.first(faults));
  }
}
