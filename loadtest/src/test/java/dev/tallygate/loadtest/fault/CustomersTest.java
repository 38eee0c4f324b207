package dev.tallygate.loadtest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.loadtest.exact.Answer;
import dev.tallygate.loadtest.exact.Checker;
import dev.tallygate.loadtest.exact.Fault;
import dev.tallygate.loadtest.exact.Op;
import dev.tallygate.loadtest.peer.ClusterNode;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The customers and the oracle together, over real sockets, against a naive service behind three
 * listeners: no fault where it is right, and the fault where a bug is planted.
 */
@Timeout(120)
class CustomersTest {
  private static final int CUSTOMERS = 24;
  private static final List<Customer.Habit> HABITS = List.of(Customer.Habit.values());
  private static final int VISITS = 1_200;

  private final SplittableRandom random = new SplittableRandom(7);
  private final Checker checker = new Checker();
  private final History history = new History();

  @Test
  void rightService_noFault() throws Exception {
    assertThat(run(NaiveLicensing.Bug.NONE)).isEmpty();
    assertThat(checker.grantedIds()).hasSizeGreaterThan(100);
    assertThat(checker.openIds()).isZero();
  }

  @ParameterizedTest
  @EnumSource(value = NaiveLicensing.Bug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void plantedBug_caught(NaiveLicensing.Bug bug) throws Exception {
    List<Fault.Kind> kinds = run(bug).stream().map(Fault::kind).distinct().toList();

    switch (bug) {
      case LIMIT_OFF_BY_ONE -> assertThat(kinds).contains(Fault.Kind.OVER_GRANT);
      case IDS_FORGOTTEN, SETTLED_TWICE -> assertThat(kinds).contains(Fault.Kind.DOUBLE_EFFECT);
      // Which of the two shows first is a matter of who renews and who waits for the seat.
      case TTL_CUT -> assertThat(kinds).containsAnyOf(Fault.Kind.LOST_GRANT, Fault.Kind.OVER_GRANT);
      case ZOMBIE_RELEASES, SECOND_SEAT_FOR_A_SESSION ->
          assertThat(kinds).contains(Fault.Kind.LOST_GRANT);
      case RELEASE_FORGOTTEN_IN_COUNT -> assertThat(kinds).contains(Fault.Kind.NOT_EXACT);
      case COMMIT_CHARGES_NOTHING -> assertThat(kinds).contains(Fault.Kind.OVER_GRANT);
      case NONE -> throw new IllegalArgumentException();
    }
  }

  private List<Fault> run(NaiveLicensing.Bug bug) throws Exception {
    KillPools.seatRules().forEach(checker::addPool);
    KillPools.meterRules(1).forEach(checker::addPool);
    NaiveLicensing service = new NaiveLicensing(bug, 3);
    List<Server> servers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      servers.add(
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(service)
              .build()
              .start());
    }
    try (Router router = new Router()) {
      router.refresh(
          servers.stream()
              .map(s -> new ClusterNode("n" + s.getPort(), 0, "127.0.0.1:" + s.getPort(), "", null))
              .toList());
      load(router);
      Caller last = new Caller(router, history, random.split());
      spend(last, KillPools.Pool.quota(1), Op.ALLOCATE);
      spend(last, KillPools.Pool.holds(1), Op.HOLD);
      List<Fault> faults = checker.check(history.drain());
      faults.addAll(checker.checkSpent(KillPools.Pool.quota(1).name()));
      faults.addAll(checker.checkSpent(KillPools.Pool.holds(1).name()));
      return faults;
    } finally {
      servers.forEach(Server::shutdownNow);
    }
  }

  private void load(Router router) throws InterruptedException {
    // So much work and no time: how long it takes is the machine's business.
    AtomicInteger visits = new AtomicInteger();
    BooleanSupplier stopped = () -> visits.incrementAndGet() > VISITS;
    Replays replays = new Replays();
    List<Thread> customers = new ArrayList<>();
    for (int i = 0; i < CUSTOMERS; i++) {
      Customer.Habit habit = HABITS.get(i % HABITS.size());
      Caller caller = new Caller(router, history, random.split());
      customers.add(
          Thread.ofPlatform()
              .start(
                  new Customer(
                      habit, "user-" + i, caller, replays, random.split(), () -> 1, stopped)));
    }
    for (Thread customer : customers) customer.join();
  }

  private void spend(Caller caller, KillPools.Pool pool, Op op) throws InterruptedException {
    for (int units = 64; units >= 1; ) {
      Answer answer = caller.take(Ask.fresh(op, pool, "last", "", units, random));
      if (!(answer instanceof Answer.Granted)) units /= 2;
    }
  }
}
