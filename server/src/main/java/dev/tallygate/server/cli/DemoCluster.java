package dev.tallygate.server.cli;

import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.LedgerServiceGrpc;
import dev.tallygate.proto.v1.Role;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import dev.tallygate.proto.v1.VerifyLedgerRequest;
import dev.tallygate.proto.v1.VerifyLedgerResponse;
import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The demo's three processes: started as `cluster up` starts them, and killed by pid. */
final class DemoCluster implements AutoCloseable {
  private static final long WAIT_MS = 60_000;
  private static final long STOP_MS = 20_000;

  private final LocalCluster cluster;
  private final Path dir;
  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();
  private boolean killed;

  DemoCluster(Path dir, DemoNarrator narrator) throws IOException, InterruptedException {
    this.dir = dir;
    this.cluster =
        LocalCluster.openOrMake(dir, 3, Map.of(), List.of(), line -> narrator.say("%s", line));
  }

  /** Starts what does not run, on the addresses that it had. */
  void up() throws IOException, InterruptedException {
    cluster.up(WAIT_MS);
  }

  void down() throws InterruptedException {
    cluster.down(STOP_MS);
  }

  List<Member> members() {
    return cluster.file().members();
  }

  Path dir() {
    return dir;
  }

  Path ledger(Member member) {
    return cluster.process(member).storage().resolve("ledger");
  }

  void applyCatalog() throws IOException {
    String text = Files.readString(NodeJvm.find().home().resolve("ops/config/catalog.yaml"));
    CatalogServiceGrpc.newBlockingStub(admin(leader()))
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .apply(ApplyCatalogRequest.newBuilder().setYaml(text).build());
  }

  StatusResponse status(Member member) {
    return ClusterServiceGrpc.newBlockingStub(admin(member))
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  /** Ends the leader's process once, as a crash would: nothing is flushed, nothing said. */
  synchronized void killLeader(DemoNarrator narrator) {
    if (killed) return;
    killed = true;
    Member leader = leader();
    ProcessHandle process = cluster.process(leader).find().orElseThrow();
    narrator.say(
        "kill -9 of the leader, %s (pid %d), with calls on their way", leader.id(), process.pid());
    process.destroyForcibly();
  }

  Member leader() {
    long giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
    while (System.nanoTime() < giveUp) {
      for (Member member : members()) if (leads(member)) return member;
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
    throw new CliException(
        CliExit.UNAVAILABLE, "no leader within " + WAIT_MS + " ms; look into the logs in " + dir);
  }

  private boolean leads(Member member) {
    try {
      return status(member).getRole() == Role.ROLE_LEADER;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /**
   * Whether all nodes come to the same digest at one index, within a bounded time. Nothing that was
   * answered before is behind that index.
   */
  boolean agree() {
    long from = status(leader()).getAppliedIndex();
    long giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
    // Followers apply an entry when they hear of the next one: the same index comes at other times.
    Map<Long, Map<String, String>> digests = new HashMap<>();
    while (System.nanoTime() < giveUp) {
      for (Member member : members()) {
        StatusResponse seen = status(member);
        Map<String, String> at =
            digests.computeIfAbsent(seen.getAppliedIndex(), index -> new HashMap<>());
        at.put(member.id(), seen.getDigest());
        if (seen.getAppliedIndex() >= from && at.size() == members().size())
          return new HashSet<>(at.values()).size() == 1;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    return false;
  }

  /**
   * What each node says of its ledger, at one position: a follower writes what it is told a moment
   * later. The last answers where they do not come together within a bounded time.
   */
  Map<Member, VerifyLedgerResponse> proofs() {
    long giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
    while (true) {
      Map<Member, VerifyLedgerResponse> proofs = new LinkedHashMap<>();
      for (Member member : members()) {
        proofs.put(
            member,
            Calls.within(LedgerServiceGrpc.newBlockingStub(admin(member)), WAIT_MS)
                .verify(VerifyLedgerRequest.getDefaultInstance()));
      }
      long positions =
          proofs.values().stream().map(VerifyLedgerResponse::getPosition).distinct().count();
      if (positions == 1 || System.nanoTime() > giveUp) return proofs;
    }
  }

  ManagedChannel admin(Member member) {
    return channels.computeIfAbsent(member.admin(), Channels::open);
  }

  @Override
  public void close() throws IOException {
    for (ManagedChannel channel : channels.values()) channel.shutdownNow();
    cluster.close();
  }
}
