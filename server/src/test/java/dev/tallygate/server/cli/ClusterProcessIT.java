package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.server.ExitCode;
import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three real processes: killed, stopped, started again, robbed of their disk. */
class ClusterProcessIT {
  private static final long WAIT_MS = 90_000;
  private static final Map<String, String> SMALL =
      Map.of(
          "bounds.pools-max", "1000",
          "bounds.leases-max", "10000",
          "bounds.requests-max", "60000",
          "bounds.subjects-max", "10000",
          "bounds.tenants-max", "10",
          "bounds.entitlements-max", "100",
          "bounds.digest-every", "16");

  @TempDir Path dir;
  private final List<String> progress = new ArrayList<>();
  private LocalCluster cluster;

  @BeforeEach
  void up() throws Exception {
    cluster = LocalCluster.openOrMake(dir, 3, SMALL, List.of("-Xms128m"), progress::add);
    cluster.up(WAIT_MS);
  }

  @AfterEach
  void down() throws Exception {
    cluster.down(WAIT_MS);
    cluster.close();
  }

  private Member leader() throws Exception {
    Member[] found = new Member[1];
    eventually(
        "a leader",
        WAIT_MS,
        () -> {
          for (Member member : cluster.file().members()) {
            StatusResponse status = status(member);
            if (status == null || status.getLeaderId().isEmpty()) continue;
            for (Member other : cluster.file().members()) {
              if (other.id().equals(status.getLeaderId())
                  && cluster.process(other).find().isPresent()) {
                found[0] = other;
                return true;
              }
            }
          }
          return false;
        });
    return found[0];
  }

  private static @Nullable StatusResponse status(Member member) {
    ManagedChannel channel = Channels.open(member.admin());
    try {
      return Calls.within(ClusterServiceGrpc.newBlockingStub(channel), 1_000)
          .status(StatusRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      return null;
    } finally {
      channel.shutdownNow();
    }
  }

  private static long appliedIndex(Member member) {
    StatusResponse status = status(member);
    assertThat(status).as("status of " + member.id()).isNotNull();
    return status == null ? 0 : status.getAppliedIndex();
  }

  /** Asks for what nobody sells: the refusal has been through the log all the same. */
  private boolean answers(Member member) {
    ManagedChannel channel = Channels.open(member.data());
    try {
      return Calls.within(LicensingServiceGrpc.newBlockingStub(channel), 1_000)
              .allocate(
                  AllocateRequest.newBuilder()
                      .setRequestId(UUID.randomUUID().toString())
                      .setIssuedAt(Arguments.timestamp(Instant.now()))
                      .setSubject(Subject.newBuilder().setType("user").setId("u"))
                      .addEntitlements(
                          EntitlementUnits.newBuilder().setEntitlement("none").setUnits(1))
                      .build())
              .getRefused()
              .getReason()
          == RefusalReason.REFUSAL_REASON_NOT_FOUND;
    } catch (StatusRuntimeException e) {
      return false;
    } finally {
      channel.shutdownNow();
    }
  }

  /** Looks for two nodes that say their digest at the same index, and compares. */
  private void awaitEqualDigests() throws Exception {
    Map<Long, Map<String, String>> byIndex = new HashMap<>();
    eventually(
        "all nodes seen at one index",
        WAIT_MS,
        () -> {
          for (Member member : cluster.file().members()) {
            StatusResponse status = status(member);
            if (status == null || status.getDigest().equals("0000000000000000")) continue;
            Map<String, String> at =
                byIndex.computeIfAbsent(status.getAppliedIndex(), index -> new HashMap<>());
            at.put(member.id(), status.getDigest());
            if (at.size() >= 2) {
              assertThat(at.values().stream().distinct().count())
                  .as("digests of one index")
                  .isOne();
              return true;
            }
          }
          return false;
        });
  }

  private void kill(Member member) throws Exception {
    ProcessHandle handle = cluster.process(member).find().orElseThrow();
    handle.destroyForcibly();
    handle.onExit().get(10, TimeUnit.SECONDS);
  }

  @Test
  void leaderKilled_othersAnswer_andItComesBack() throws Exception {
    Member killed = leader();
    long startNs = System.nanoTime();
    kill(killed);

    for (Member member : cluster.file().members()) {
      if (!member.equals(killed)) eventually("answers", WAIT_MS, () -> answers(member));
    }
    long failoverMs = (System.nanoTime() - startNs) / 1_000_000;
    assertThat(failoverMs).as("failover in ms").isLessThan(30_000);

    cluster.up(WAIT_MS);

    eventually("the killed node answers", WAIT_MS, () -> answers(killed));
    awaitEqualDigests();
  }

  @Test
  void allKilled_allComeBackWithWhatTheyHad() throws Exception {
    eventually("answers", WAIT_MS, () -> answers(cluster.file().members().get(0)));
    long before = appliedIndex(leader());
    for (Member member : cluster.file().members()) kill(member);

    cluster.up(WAIT_MS);

    for (Member member : cluster.file().members()) {
      eventually("answers", WAIT_MS, () -> answers(member));
      assertThat(appliedIndex(member)).isGreaterThanOrEqualTo(before);
    }
    awaitEqualDigests();
  }

  @Test
  void terminated_stopsInGoodOrder_leadMoves_startsFromItsTables() throws Exception {
    Member stopped = leader();
    ProcessHandle handle = cluster.process(stopped).find().orElseThrow();

    assertThat(NodeProcess.stop(handle, WAIT_MS)).as("stopped without a kill").isTrue();

    assertThat(cluster.process(stopped).storage().resolve("clean-stop")).exists();
    assertThat(cluster.process(stopped).logTail(3)).contains("has stopped");
    eventually("another one leads", WAIT_MS, () -> !leader().equals(stopped));
    cluster.up(WAIT_MS);
    eventually("answers", WAIT_MS, () -> answers(stopped));
    awaitEqualDigests();
  }

  @Test
  void diskLost_nodeRefusesToStart() throws Exception {
    Member robbed = cluster.file().members().get(2);
    kill(robbed);
    delete(cluster.process(robbed).storage());
    Files.createDirectories(cluster.process(robbed).storage());

    NodeProcess process = cluster.process(robbed);
    ProcessHandle handle = process.start(NodeJvm.find(), cluster.file().jvmOptions());
    handle.onExit().get(WAIT_MS, TimeUnit.MILLISECONDS);

    assertThat(process.logTail(3)).contains("the node does not start").contains("new id");
    assertThat(ExitCode.STORAGE_REFUSED.number()).isEqualTo(79);
    for (Member member : cluster.file().members().subList(0, 2)) {
      eventually("the others answer", WAIT_MS, () -> answers(member));
    }
  }

  @Test
  void tablesDeleted_nodeRebuildsThemFromItsLog() throws Exception {
    Member robbed = cluster.file().members().get(1);
    kill(robbed);
    delete(cluster.process(robbed).storage().resolve("tables"));

    cluster.up(WAIT_MS);

    eventually("answers", WAIT_MS, () -> answers(robbed));
    awaitEqualDigests();
  }

  @Test
  void everythingRuns_upAgainStartsNothing() throws Exception {
    List<Long> pids =
        cluster.file().members().stream()
            .map(member -> cluster.process(member).find().orElseThrow().pid())
            .toList();

    cluster.up(WAIT_MS);

    assertThat(progress).contains("all nodes run already");
    assertThat(
            cluster.file().members().stream()
                .map(member -> cluster.process(member).find().orElseThrow().pid())
                .toList())
        .isEqualTo(pids);
  }

  private static void delete(Path dir) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(dir)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) Files.delete(file);
  }
}
