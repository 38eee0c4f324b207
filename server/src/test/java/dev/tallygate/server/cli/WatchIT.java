package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static dev.tallygate.server.cli.ThreeProcesses.WAIT_MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Grant;
import dev.tallygate.proto.v1.LedgerRecord;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.ReadLedgerRequest;
import dev.tallygate.proto.v1.ReleaseRequest;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.WatchEvent;
import dev.tallygate.proto.v1.WatchRequest;
import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Watches on three real processes: how soon they hear, and that they hear everything once. {@code
 * -Dwatch.kills} says through how many deaths of a leader.
 */
class WatchIT {
  private static final int KILLS = Integer.getInteger("watch.kills", 2);
  private static final String CATALOG =
      """
      apiVersion: tallygate.dev/v1
      kind: Entitlement
      metadata: {name: seats}
      spec:
        model: concurrent-session
        limit: 1000
        lease: {ttl: 10m}
      """;

  @TempDir private static Path dir;
  private static ThreeProcesses cluster;

  // For all tests: each leaves the cluster as it found it.
  @BeforeAll
  static void up() throws Exception {
    cluster = new ThreeProcesses(dir, Map.of());
    ManagedChannel channel = Channels.open(cluster.leader().admin());
    try {
      Calls.within(CatalogServiceGrpc.newBlockingStub(channel), WAIT_MS)
          .apply(ApplyCatalogRequest.newBuilder().setYaml(CATALOG).build());
    } finally {
      channel.shutdownNow();
    }
  }

  @AfterAll
  static void down() throws Exception {
    cluster.close();
  }

  /** A client that watches, and goes on where it was, at the next node, whenever it is cut off. */
  private static final class Watcher implements AutoCloseable {
    final List<String> ended = Collections.synchronizedList(new ArrayList<>());
    final Map<String, Long> heardNs = new ConcurrentHashMap<>();
    private final List<Member> nodes;
    private final Context.CancellableContext context = Context.current().withCancellation();
    private final Thread thread;
    private volatile String resume;
    private volatile boolean closed;

    Watcher(List<Member> nodes, String resume) {
      this.nodes = nodes;
      this.resume = resume;
      thread = Thread.ofPlatform().daemon().start(() -> context.run(this::run));
    }

    private void run() {
      for (int turn = 0; !closed; turn++) {
        ManagedChannel channel = Channels.open(nodes.get(turn % nodes.size()).data());
        try {
          Iterator<WatchEvent> events =
              LicensingServiceGrpc.newBlockingStub(channel)
                  .watch(WatchRequest.newBuilder().setResumeAfter(resume).build());
          while (events.hasNext()) take(events.next());
        } catch (StatusRuntimeException e) {
          // Cut off: on to the next node, from where this one was.
        } finally {
          channel.shutdownNow();
        }
      }
    }

    private void take(WatchEvent event) {
      if (event.hasEnded()) {
        heardNs.put(event.getEnded().getLeaseId(), System.nanoTime());
        ended.add(event.getEnded().getLeaseId());
      }
      resume = event.getRevision();
    }

    @Override
    public void close() throws Exception {
      closed = true;
      context.cancel(null);
      thread.join(WAIT_MS);
    }
  }

  private static String now(Member member) {
    ManagedChannel channel = Channels.open(member.data());
    try {
      return Calls.within(LicensingServiceGrpc.newBlockingStub(channel), WAIT_MS)
          .watch(WatchRequest.getDefaultInstance())
          .next()
          .getRevision();
    } finally {
      channel.shutdownNow();
    }
  }

  // From the moment at which the caller has its answer, which is after the commit, to the event at
  // the watcher of another node, with nothing else asked of the cluster.
  @Test
  void release_isHeardAtAnotherNode_soon() throws Exception {
    Member leader = cluster.leader();
    Member other = cluster.othersThan(leader).get(0);
    ManagedChannel channel = Channels.open(leader.data());
    try (Watcher watcher = new Watcher(List.of(other), now(other))) {
      long[] afterUs = new long[150];
      for (int i = -30; i < afterUs.length; i++) {
        Grant grant = take(channel, "user-" + i);
        release(channel, grant);
        long answeredNs = System.nanoTime();
        eventually("heard", WAIT_MS, () -> watcher.heardNs.containsKey(grant.getLeaseId()));
        if (i >= 0)
          afterUs[i] = (watcher.heardNs.getOrDefault(grant.getLeaseId(), 0L) - answeredNs) / 1_000;
      }
      Arrays.sort(afterUs);
      long p50 = afterUs[afterUs.length / 2];
      long p99 = afterUs[afterUs.length * 99 / 100];
      System.out.println("commit answered to event: p50 " + p50 + " us, p99 " + p99 + " us");
      // A tick, and what a busy machine adds; the figure to quote is the one that is printed.
      assertThat(p99).isLessThan(2_000_000);
    } finally {
      channel.shutdownNow();
    }
  }

  // Leases come and go without a pause while leaders are killed, one after another, and started
  // again.
  @Test
  void leadersKilled_nothingIsLostOrHeardTwice() throws Exception {
    List<Member> members = cluster.members();
    String start = now(members.get(0));
    int before = released(members.get(0)).size();
    try (Watcher one = new Watcher(turned(0), start);
        Watcher two = new Watcher(turned(1), start);
        Watcher three = new Watcher(turned(2), start)) {
      try (Traffic traffic = new Traffic(members)) {
        traffic.awaitMore(100);
        for (int kill = 0; kill < KILLS; kill++) {
          Member leader = cluster.leader();
          cluster.kill(leader);
          traffic.awaitMore(100);
          cluster.up();
        }
        traffic.awaitMore(100);
      }
      List<String> all = released(members.get(0));
      List<String> released = all.subList(before, all.size());
      assertThat(released).hasSizeGreaterThan(100 * KILLS).doesNotHaveDuplicates();
      for (Watcher watcher : List.of(one, two, three)) {
        eventually("all heard", WAIT_MS, () -> watcher.ended.size() >= released.size());
        assertThat(watcher.ended).isEqualTo(released);
      }
      // A watcher that comes later, to any node, hears the same.
      for (Member member : members)
        try (Watcher late = new Watcher(List.of(member), start)) {
          eventually("all heard", WAIT_MS, () -> late.ended.size() >= released.size());
          assertThat(late.ended).isEqualTo(released);
        }
      System.out.println(
          KILLS + " leaders killed, " + released.size() + " ends heard by each of 6 watchers");
    }
  }

  /** All nodes, from one of them on. */
  private static List<Member> turned(int by) {
    List<Member> nodes = new ArrayList<>(cluster.members());
    Collections.rotate(nodes, -by);
    return nodes;
  }

  /** Takes and releases leases at each node in turn until it is closed. */
  private static final class Traffic implements AutoCloseable {
    private final List<ManagedChannel> channels;
    private final AtomicInteger released = new AtomicInteger();
    private final Thread thread;
    private volatile boolean closed;
    private volatile @Nullable Throwable failure;

    Traffic(List<Member> nodes) {
      channels = nodes.stream().map(node -> Channels.open(node.data())).toList();
      thread = Thread.ofPlatform().daemon().start(this::run);
    }

    private void run() {
      try {
        for (int i = 0; !closed; i++) {
          Grant grant = take(channels, "user-" + i);
          release(channels, grant);
          released.incrementAndGet();
        }
      } catch (Exception | AssertionError e) {
        failure = e;
      }
    }

    void awaitMore(int leases) throws Exception {
      int wanted = released.get() + leases;
      eventually(
          leases + " more leases",
          WAIT_MS,
          () -> {
            assertThat(failure).isNull();
            return released.get() >= wanted;
          });
    }

    @Override
    public void close() throws Exception {
      closed = true;
      thread.join(WAIT_MS);
      channels.forEach(ManagedChannel::shutdownNow);
      assertThat(failure).isNull();
    }
  }

  /** What the ledger says was released, in its order. */
  private static List<String> released(Member member) {
    ManagedChannel channel = Channels.open(member.admin());
    try {
      List<String> leases = new ArrayList<>();
      Iterator<LedgerRecord> records =
          Calls.within(LedgerServiceGrpc.newBlockingStub(channel), WAIT_MS)
              .read(ReadLedgerRequest.newBuilder().setLimit(100_000).build());
      while (records.hasNext()) {
        LedgerRecord record = records.next();
        if (record.getKind().equals("RELEASED")) leases.add(record.getLeaseId());
      }
      return leases;
    } finally {
      channel.shutdownNow();
    }
  }

  private static Grant take(ManagedChannel channel, String subject) throws Exception {
    return take(List.of(channel), subject);
  }

  private static void release(ManagedChannel channel, Grant grant) throws Exception {
    release(List.of(channel), grant);
  }

  /** One lease, of whichever node answers: the same call again and again, with one id. */
  private static Grant take(List<ManagedChannel> channels, String subject) throws Exception {
    AllocateRequest.Builder request =
        AllocateRequest.newBuilder()
            .setRequestId(UUID.randomUUID().toString())
            .setIssuedAt(Arguments.timestamp(Instant.now()))
            .setSubject(Subject.newBuilder().setType("user").setId(subject))
            .setSession(subject)
            .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("seats"));
    int[] attempt = {0};
    return answered(
            channels,
            stub -> stub.allocate(request.setAttempt(++attempt[0]).build()),
            answer -> answer.hasGranted())
        .getGranted()
        .getGrants(0);
  }

  private static void release(List<ManagedChannel> channels, Grant grant) throws Exception {
    ReleaseRequest request =
        ReleaseRequest.newBuilder()
            .setLeaseId(grant.getLeaseId())
            .setToken(grant.getToken())
            .build();
    var unused = answered(channels, stub -> stub.release(request), answer -> answer.hasEnded());
  }

  private static <T> T answered(
      List<ManagedChannel> channels,
      Function<LicensingServiceGrpc.LicensingServiceBlockingStub, T> call,
      Predicate<T> wanted)
      throws Exception {
    AtomicReference<T> answer = new AtomicReference<>();
    int[] turn = {0};
    eventually(
        "an answer",
        WAIT_MS,
        () -> {
          ManagedChannel channel = channels.get(turn[0]++ % channels.size());
          try {
            answer.set(
                call.apply(
                    LicensingServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(5, TimeUnit.SECONDS)));
            return wanted.test(answer.get());
          } catch (StatusRuntimeException e) {
            return false;
          }
        });
    return Objects.requireNonNull(answer.get());
  }
}
