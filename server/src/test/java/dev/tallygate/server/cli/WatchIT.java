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
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watches on three real processes: how soon they hear, and that they hear everything once. */
class WatchIT {
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

  @TempDir Path dir;
  private ThreeProcesses cluster;

  @BeforeEach
  void up() throws Exception {
    cluster = new ThreeProcesses(dir, Map.of());
    ManagedChannel channel = Channels.open(cluster.leader().admin());
    try {
      Calls.within(CatalogServiceGrpc.newBlockingStub(channel), WAIT_MS)
          .apply(ApplyCatalogRequest.newBuilder().setYaml(CATALOG).build());
    } finally {
      channel.shutdownNow();
    }
  }

  @AfterEach
  void down() throws Exception {
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
  // the watcher of another node.
  @Test
  void release_isHeardAtAnotherNode_soon() throws Exception {
    Member leader = cluster.leader();
    Member other = cluster.othersThan(leader).get(0);
    ManagedChannel channel = Channels.open(leader.data());
    try (Watcher watcher = new Watcher(List.of(other), now(other))) {
      long[] afterUs = new long[500];
      for (int i = -100; i < afterUs.length; i++) {
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

  @Test
  void leaderKilled_nothingIsLostOrHeardTwice() throws Exception {
    Member killed = cluster.leader();
    List<Member> others = cluster.othersThan(killed);
    String start = now(others.get(0));
    List<Member> killedFirst = new ArrayList<>(List.of(killed));
    killedFirst.addAll(others);
    try (Watcher one = new Watcher(killedFirst, start);
        Watcher two = new Watcher(others, start);
        Watcher three = new Watcher(cluster.members(), start)) {
      for (int i = 0; i < 200; i++) takeAndRelease(others.get(i % 2), "before-" + i);
      cluster.kill(killed);
      for (int i = 0; i < 200; i++) takeAndRelease(others.get(i % 2), "after-" + i);
      List<String> released = released(others.get(0));
      assertThat(released).hasSizeGreaterThanOrEqualTo(400);
      for (Watcher watcher : List.of(one, two, three)) {
        eventually("all heard", WAIT_MS, () -> watcher.ended.size() >= released.size());
        assertThat(watcher.ended).isEqualTo(released);
      }
      // A watcher that comes later, to any node, hears the same.
      cluster.up();
      for (Member member : cluster.members())
        try (Watcher late = new Watcher(List.of(member), start)) {
          eventually("all heard", WAIT_MS, () -> late.ended.size() >= released.size());
          assertThat(late.ended).isEqualTo(released);
        }
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

  private static void takeAndRelease(Member member, String subject) throws Exception {
    ManagedChannel channel = Channels.open(member.data());
    try {
      release(channel, take(channel, subject));
    } finally {
      channel.shutdownNow();
    }
  }

  private static Grant take(ManagedChannel channel, String subject) throws Exception {
    AllocateRequest.Builder request =
        AllocateRequest.newBuilder()
            .setRequestId(UUID.randomUUID().toString())
            .setIssuedAt(Arguments.timestamp(Instant.now()))
            .setSubject(Subject.newBuilder().setType("user").setId(subject))
            .setSession(subject)
            .addEntitlements(EntitlementUnits.newBuilder().setEntitlement("seats"));
    int[] attempt = {0};
    Grant[] grant = {Grant.getDefaultInstance()};
    eventually(
        "a grant",
        WAIT_MS,
        () -> {
          try {
            var answer =
                LicensingServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(5, TimeUnit.SECONDS)
                    .allocate(request.setAttempt(++attempt[0]).build());
            grant[0] = answer.getGranted().getGrants(0);
            return true;
          } catch (StatusRuntimeException e) {
            return false;
          }
        });
    return grant[0];
  }

  private static void release(ManagedChannel channel, Grant grant) throws Exception {
    eventually(
        "a release",
        WAIT_MS,
        () -> {
          try {
            return LicensingServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .release(
                    ReleaseRequest.newBuilder()
                        .setLeaseId(grant.getLeaseId())
                        .setToken(grant.getToken())
                        .build())
                .hasEnded();
          } catch (StatusRuntimeException e) {
            return false;
          }
        });
  }
}
