package dev.tallygate.loadtest.fault;

import dev.tallygate.loadtest.drive.LoadtestException;
import dev.tallygate.loadtest.exact.Answer;
import dev.tallygate.loadtest.exact.Op;
import dev.tallygate.loadtest.peer.Await;
import dev.tallygate.loadtest.peer.Cluster;
import dev.tallygate.loadtest.peer.ClusterNode;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.AllocateResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Kills the leader under load, again and again. An outage lasts from the kill to the first grant of
 * a request that was sent after it; any of several users may be the first, each asks any node that
 * lives, again and again.
 */
public final class FailoverRun {
  private static final int USERS = 16;
  private static final long ANSWER_MAX_MS = 1_000;
  private static final long ERROR_PAUSE_MS = 10;
  private static final int LOAD_MS_MIN = 1_000;
  private static final int LOAD_MS_MAX = 2_500;
  private static final Duration OUTAGE_MAX = Duration.ofSeconds(60);
  private static final long NONE = Long.MAX_VALUE;

  private final Cluster cluster;
  private final int times;
  private final String entitlement;
  private final Consumer<String> progress;
  private final SplittableRandom random;
  private final Router router = new Router();
  private final AtomicLong granted = new AtomicLong();
  private volatile boolean stopped;
  private volatile long killedNs = NONE;

  /** When the first request sent after the kill was granted. */
  private final AtomicLong firstGrantNs = new AtomicLong(NONE);

  /**
   * @param entitlement a meter with partitions that the run cannot spend
   */
  public FailoverRun(
      Cluster cluster, int times, long seed, String entitlement, Consumer<String> progress) {
    this.cluster = cluster;
    this.times = times;
    this.entitlement = entitlement;
    this.progress = progress;
    this.random = new SplittableRandom(seed);
  }

  public FailoverReport run() throws InterruptedException {
    router.refresh(cluster.nodes());
    List<Thread> users = new ArrayList<>();
    List<Long> outagesMs = new ArrayList<>();
    try (router) {
      for (int i = 0; i < USERS; i++) {
        SplittableRandom own = random.split();
        String name = "user-" + i;
        users.add(Thread.ofPlatform().name(name).start(() -> use(name, own)));
      }
      for (int i = 1; i <= times; i++) outagesMs.add(killOnce(i));
      stopped = true;
      for (Thread user : users) user.join(Duration.ofMillis(2 * ANSWER_MAX_MS));
    } finally {
      stopped = true;
      users.forEach(Thread::interrupt);
    }
    return FailoverReport.of(outagesMs);
  }

  private long killOnce(int number) throws InterruptedException {
    ClusterNode leader = cluster.awaitLeader();
    long before = granted.get();
    TimeUnit.MILLISECONDS.sleep(random.nextInt(LOAD_MS_MIN, LOAD_MS_MAX));
    if (granted.get() == before) throw new LoadtestException("nothing is granted before the kill");
    router.refresh(cluster.nodes().stream().filter(node -> !node.equals(leader)).toList());
    firstGrantNs.set(NONE);
    long atNs = System.nanoTime();
    cluster.kill(leader.id());
    // Only what is sent from here on cannot have been answered by the dying leader.
    killedNs = System.nanoTime();
    if (!Await.until(OUTAGE_MAX, () -> firstGrantNs.get() != NONE)) {
      throw new LoadtestException("no grant within " + OUTAGE_MAX.toSeconds() + " s of the kill");
    }
    killedNs = NONE;
    long outageMs = TimeUnit.NANOSECONDS.toMillis(firstGrantNs.get() - atNs);
    progress.accept(
        String.format(
            Locale.ROOT, "%d/%d  killed leader %s, %,d ms", number, times, leader.id(), outageMs));
    cluster.up();
    router.refresh(cluster.nodes());
    awaitAll();
    return outageMs;
  }

  private void awaitAll() throws InterruptedException {
    boolean all =
        Await.until(
            OUTAGE_MAX,
            () -> cluster.nodes().stream().allMatch(n -> cluster.status(n.id()).isPresent()));
    if (!all) throw new LoadtestException("the killed node does not come back");
  }

  private void use(String name, SplittableRandom own) {
    KillPools.Pool pool = new KillPools.Pool(entitlement, name);
    while (!stopped && !Thread.currentThread().isInterrupted()) {
      Ask ask = Ask.fresh(Op.ALLOCATE, pool, name, "", 1, own);
      if (!isGranted(ask.request(1), own)) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ERROR_PAUSE_MS));
      } else {
        granted.incrementAndGet();
        if (ask.issuedNs() > killedNs) firstGrantNs.compareAndSet(NONE, System.nanoTime());
      }
    }
  }

  private boolean isGranted(AllocateRequest request, SplittableRandom own) {
    String node = router.pick(own);
    try {
      AllocateResponse response = router.stub(node, ANSWER_MAX_MS).allocate(request);
      router.answered(node);
      return Answers.of(response) instanceof Answer.Granted;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }
}
