package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.ApplyCatalogRequest;
import dev.tallygate.proto.v1.CatalogServiceGrpc;
import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import dev.tallygate.proto.v1.Pool;
import dev.tallygate.proto.v1.RefusalReason;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.proto.v1.StatusResponse;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.server.cli.ClusterFile.Member;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
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

/** Three real processes for a test, and what a test asks of them. Closing it stops them. */
final class ThreeProcesses implements AutoCloseable {
  static final long WAIT_MS = 90_000;

  /** Sold in lots of any size: what is used is what was acknowledged. */
  static final String METER = "calls";

  private static final Map<String, String> SMALL =
      Map.of(
          "bounds.pools-max", "1000",
          "bounds.leases-max", "10000",
          "bounds.requests-max", "60000",
          "bounds.subjects-max", "10000",
          "bounds.tenants-max", "10",
          "bounds.entitlements-max", "100",
          "bounds.digest-every", "16");

  private static final String CATALOG =
      """
      apiVersion: tallygate.dev/v1
      kind: Entitlement
      metadata: {name: calls}
      spec:
        model: metered
        limit: 1000000
        window: {calendar: year, time-zone: UTC}
        hold: {ttl: 60s, on-expiry: charge}
      """;

  final List<String> progress = new ArrayList<>();
  private final LocalCluster cluster;

  /** Starts them, and waits until all serve. */
  ThreeProcesses(Path dir, Map<String, String> sets) throws Exception {
    Map<String, String> all = new HashMap<>(SMALL);
    all.putAll(sets);
    cluster = LocalCluster.openOrMake(dir, 3, all, List.of("-Xms128m"), progress::add);
    up();
  }

  void up() throws Exception {
    cluster.up(WAIT_MS);
  }

  List<Member> members() {
    return cluster.file().members();
  }

  NodeProcess process(Member member) {
    return cluster.process(member);
  }

  /** Starts a node that is expected to refuse its storage, and waits for its end. */
  NodeProcess startToEnd(Member member) throws Exception {
    NodeProcess process = process(member);
    ProcessHandle handle = process.start(NodeJvm.find(), cluster.file().jvmOptions());
    handle.onExit().get(WAIT_MS, TimeUnit.MILLISECONDS);
    return process;
  }

  void kill(Member member) throws Exception {
    ProcessHandle handle = process(member).find().orElseThrow();
    handle.destroyForcibly();
    handle.onExit().get(10, TimeUnit.SECONDS);
  }

  Member leader() throws Exception {
    Member[] found = new Member[1];
    eventually(
        "a leader",
        WAIT_MS,
        () -> {
          for (Member member : members()) {
            StatusResponse status = status(member);
            if (status == null || status.getLeaderId().isEmpty()) continue;
            for (Member other : members()) {
              if (other.id().equals(status.getLeaderId()) && process(other).find().isPresent()) {
                found[0] = other;
                return true;
              }
            }
          }
          return false;
        });
    return found[0];
  }

  List<Member> othersThan(Member one) {
    return members().stream().filter(member -> !member.equals(one)).toList();
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

  static long appliedIndex(Member member) {
    StatusResponse status = status(member);
    assertThat(status).as("status of " + member.id()).isNotNull();
    return status == null ? 0 : status.getAppliedIndex();
  }

  /** Asks for what nobody sells: the refusal has been through the log all the same. */
  boolean answers(Member member) {
    ManagedChannel channel = Channels.open(member.data());
    try {
      return Calls.within(LicensingServiceGrpc.newBlockingStub(channel), 1_000)
              .allocate(request("none", 1))
              .getRefused()
              .getReason()
          == RefusalReason.REFUSAL_REASON_NOT_FOUND;
    } catch (StatusRuntimeException e) {
      return false;
    } finally {
      channel.shutdownNow();
    }
  }

  void applyCatalog() throws Exception {
    ManagedChannel channel = Channels.open(leader().admin());
    try {
      Calls.within(CatalogServiceGrpc.newBlockingStub(channel), WAIT_MS)
          .apply(ApplyCatalogRequest.newBuilder().setYaml(CATALOG).build());
    } finally {
      channel.shutdownNow();
    }
  }

  /** Takes one unit of the meter, however often that has to be asked. */
  void take(Member member) throws Exception {
    AllocateRequest request = request(METER, 1);
    int[] attempt = {0};
    ManagedChannel channel = Channels.open(member.data());
    try {
      eventually(
          "a grant",
          WAIT_MS,
          () -> {
            try {
              return Calls.within(LicensingServiceGrpc.newBlockingStub(channel), 5_000)
                  .allocate(request.toBuilder().setAttempt(++attempt[0]).build())
                  .hasGranted();
            } catch (StatusRuntimeException e) {
              return false;
            }
          });
    } finally {
      channel.shutdownNow();
    }
  }

  /** What a node says was taken of the meter. */
  static long used(Member member) {
    ManagedChannel channel = Channels.open(member.data());
    try {
      Pool pool =
          Calls.within(LicensingServiceGrpc.newBlockingStub(channel), WAIT_MS)
              .getPool(GetPoolRequest.newBuilder().setEntitlement(METER).build())
              .getPool();
      return pool.getUsed();
    } finally {
      channel.shutdownNow();
    }
  }

  private static AllocateRequest request(String entitlement, long units) {
    return AllocateRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setIssuedAt(Arguments.timestamp(Instant.now()))
        .setSubject(Subject.newBuilder().setType("user").setId("u"))
        .addEntitlements(EntitlementUnits.newBuilder().setEntitlement(entitlement).setUnits(units))
        .build();
  }

  /** Waits until a node and another one have said their digest at one index, and compares. */
  void awaitEqualDigests(Member wanted) throws Exception {
    Map<Long, Map<String, String>> byIndex = new HashMap<>();
    eventually(
        "`" + wanted.id() + "` and another seen at one index",
        WAIT_MS,
        () -> {
          for (Member member : members()) {
            StatusResponse status = status(member);
            if (status == null || status.getDigest().equals("0000000000000000")) continue;
            Map<String, String> at =
                byIndex.computeIfAbsent(status.getAppliedIndex(), index -> new HashMap<>());
            at.put(member.id(), status.getDigest());
            if (at.size() >= 2 && at.containsKey(wanted.id())) {
              assertThat(at.values().stream().distinct().count())
                  .as("digests of one index")
                  .isOne();
              return true;
            }
          }
          return false;
        });
  }

  /** The files of a node's Raft log, in order. Looks at names alone: the node goes on meanwhile. */
  List<Path> logFiles(Member member) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> groups =
        Files.newDirectoryStream(process(member).storage().resolve("raft"))) {
      for (Path group : groups)
        try (DirectoryStream<Path> log =
            Files.newDirectoryStream(group.resolve("current"), "log_*[0-9]")) {
          log.forEach(files::add);
        }
    }
    files.sort(Comparator.comparingLong(ThreeProcesses::start));
    return files;
  }

  /** The index of the first entry in a file of the log. */
  static long start(Path file) {
    return Long.parseLong(
        file.getFileName().toString().replaceAll("log_(inprogress_)?(\\d+).*", "$2"));
  }

  static void delete(Path dir) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(dir)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) Files.delete(file);
  }

  @Override
  public void close() throws Exception {
    cluster.down(WAIT_MS);
    cluster.close();
  }
}
