package dev.tallygate.server.cli;

import static dev.tallygate.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tallygate.proto.v1.ClusterServiceGrpc;
import dev.tallygate.proto.v1.StatusRequest;
import dev.tallygate.server.cli.ClusterFile.Member;
import dev.tallygate.server.tls.TestCertificates;
import dev.tallygate.server.tls.TestCertificates.Pair;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three real processes with TLS everywhere, made and asked by the commands that a person uses. */
class TlsProcessIT {
  private static final long WAIT_MS = 90_000;
  private static final String CATALOG =
      """
      apiVersion: tallygate.dev/v1
      kind: Entitlement
      metadata: {name: seat}
      spec: {model: concurrent-session, limit: 3, lease: {ttl: 10m}}
      """;

  @TempDir private static Path root;
  private static Path dir;
  private static StringWriter out = new StringWriter();
  private static StringWriter err = new StringWriter();

  // For all tests: each leaves the cluster as it found it.
  @BeforeAll
  static void up() throws Exception {
    dir = root.resolve("cluster");
    List<String> up = new ArrayList<>(List.of("cluster", "up", "--tls", "--dir", dir.toString()));
    for (String small :
        List.of("pools-max=1000", "leases-max=10000", "requests-max=60000", "subjects-max=10000")) {
      up.addAll(List.of("--set", "bounds." + small));
    }
    up.addAll(List.of("--jvm-option", "-Xms128m", "--timeout-ms", Long.toString(WAIT_MS)));
    assertThat(run(up.toArray(String[]::new))).as(err.toString()).isZero();
  }

  @AfterAll
  static void down() {
    assertThat(run("cluster", "down", "--dir", dir.toString())).as(err.toString()).isZero();
  }

  private static int run(String... arguments) {
    out = new StringWriter();
    err = new StringWriter();
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private List<Member> members() {
    return ClusterFile.read(dir).members();
  }

  private String[] through(Member member, String... command) {
    TrialFolder trial = ClusterFile.trial(dir);
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--target", member.data(), "--admin", member.admin()));
    all.addAll(List.of("--tls-ca", trial.certificate("ca").toString()));
    all.addAll(List.of("--tls-cert", trial.certificate("client").toString()));
    all.addAll(List.of("--tls-key", trial.key("client").toString()));
    return all.toArray(String[]::new);
  }

  private void applyCatalog() throws Exception {
    Path catalog = Files.writeString(root.resolve("catalog.yaml"), CATALOG);
    String[] apply = {"catalog", "apply", "-f", catalog.toString(), "--dir", dir.toString()};
    eventually("the catalog stands", WAIT_MS, () -> run(apply) == 0);
  }

  // Two of the three nodes do not lead: their calls go over the stream between nodes.
  @Test
  void threeNodes_grantThroughEachOfThem() throws Exception {
    applyCatalog();

    for (Member member : members()) {
      String[] allocate =
          through(member, "allocate", "seat", "--subject", "user:u", "--session", member.id());
      assertThat(run(allocate)).as(member.id() + ": " + err).isZero();
    }
    String[] fourth =
        through(members().get(0), "allocate", "seat", "--subject", "user:u", "--session", "x");
    assertThat(run(fourth)).isEqualTo(CliExit.NO.number());
    assertThat(run("status", "--admin", members().get(0).admin(), "--timeout-ms", "2000"))
        .as("plaintext")
        .isEqualTo(CliExit.UNAVAILABLE.number());
    assertThat(run("cluster", "status", "--dir", dir.toString())).as(out.toString()).isZero();
  }

  // One node comes back with everything of its own, but certified by a CA that the others do not
  // know: it hears nothing of them and they nothing of it, until it has its certificate again.
  @Test
  void nodeOfAnotherCa_isNoMember() throws Exception {
    TestCertificates made = TestCertificates.get();
    TrialFolder trial = ClusterFile.trial(dir);
    Member outcast = members().get(2);
    NodeProcess process = new NodeProcess(dir.resolve(outcast.id()));
    NodeProcess.stop(process.find().orElseThrow(), WAIT_MS);
    Path config = process.config();
    String good = Files.readString(config);
    Pair theirs = made.otherNode;
    Files.writeString(
        config,
        good.replace(trial.certificate(outcast.id()).toString(), theirs.certificate().toString())
            .replace(trial.key(outcast.id()).toString(), theirs.key().toString())
            .replace(trial.certificate("ca").toString(), made.otherCa.toString()));
    process.start(NodeJvm.find(), List.of("-Xms128m"));

    eventually("it knows no leader", WAIT_MS, () -> "".equals(leaderSeenBy(outcast, made)));

    // Two are a majority without it.
    applyCatalog();
    assertThat(leaderSeenBy(outcast, made)).isEmpty();
    NodeProcess.stop(process.find().orElseThrow(), WAIT_MS);
    // Writes the good configuration again.
    assertThat(run("cluster", "up", "--dir", dir.toString())).as(err.toString()).isZero();
    assertThat(run("cluster", "status", "--dir", dir.toString())).as(out.toString()).isZero();
  }

  private static @Nullable String leaderSeenBy(Member member, TestCertificates made)
      throws Exception {
    ManagedChannel channel =
        Channels.open(
            member.admin(),
            TlsOptions.credentials(
                "", made.otherCa, "", made.otherClient.certificate(), "", made.otherClient.key()));
    try {
      return Calls.within(ClusterServiceGrpc.newBlockingStub(channel), 1_000)
          .status(StatusRequest.getDefaultInstance())
          .getLeaderId();
    } catch (StatusRuntimeException e) {
      return null;
    } finally {
      channel.shutdownNow();
    }
  }
}
